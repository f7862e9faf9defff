#!/usr/bin/env python3
"""Write the vectors that tests hold the shipped model to: a forward pass in float64, in plain numpy.

usage: reference_vectors.py MODEL_DIR OUT.json        (needs numpy, safetensors, tokenizers)

Nothing is shared with build_onnx.py: this reads as the paper does, one text at a time and without padding, so
that a mistake in the graph shows. Mean over the tokens, then length 1, as all-MiniLM-L6-v2 was trained.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LONGEST = 256  # tokens, with [CLS] and [SEP]; sentence-transformers' value for this model

TEXTS = [
    "something to keep my tent dry",
    "Tarp, 3 x 4 m, olive. Waterproof sheet with eyelets; camping.",
    "",
    " \t\n ",
    "M8x40 DIN 933 A2-70",
    "WD-40 / 5L — Nr. 4711-ß (¼″)",
    "Größe L, wasserdichte Überhose für den Übungsplatz",
    "FIRST AID KIT first aid kit First Aid Kit",
    "工具箱 и ящик για εργαλεία صندوق",
    "🔦🔋 torch with spare batteries 🏕️",
    "a" * 300,
    "Storeroom shelf 2, crate B: 12 tent pegs, two guy lines, a mallet and one repair kit. " * 20,
]


def layer_norm(x, weight, bias, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) * weight + bias


def gelu(x):
    return x * 0.5 * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def encode(ids, w, config):
    eps, heads = config["layer_norm_eps"], config["num_attention_heads"]
    e = "embeddings."
    x = w[e + "word_embeddings.weight"][ids] + w[e + "position_embeddings.weight"][: len(ids)]
    x = x + w[e + "token_type_embeddings.weight"][0]
    x = layer_norm(x, w[e + "LayerNorm.weight"], w[e + "LayerNorm.bias"], eps)
    for number in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{number}."

        def dense(y, name, p=p):
            return y @ w[f"{p}{name}.weight"].T + w[f"{p}{name}.bias"]

        def norm(y, name, p=p):
            return layer_norm(y, w[f"{p}{name}.weight"], w[f"{p}{name}.bias"], eps)

        q, k, v = (
            dense(x, f"attention.self.{n}").reshape(len(ids), heads, -1).swapaxes(0, 1) for n in ("query", "key", "value")
        )
        context = softmax(q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])) @ v
        context = context.swapaxes(0, 1).reshape(len(ids), -1)
        x = norm(x + dense(context, "attention.output.dense"), "attention.output.LayerNorm")
        x = norm(x + dense(gelu(dense(x, "intermediate.dense")), "output.dense"), "output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main(model_dir: Path, out: Path) -> None:
    config = json.loads((model_dir / "config.json").read_text())
    weights = {k.removeprefix("bert."): v.astype(np.float64) for k, v in load_file(model_dir / "model.safetensors").items()}
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    rows = []
    for text in TEXTS:
        vector = encode(tokenizer.encode(text).ids, weights, config)
        numbers = ",".join(f"{x:.6g}" for x in vector)
        rows.append(f'  {{"text": {json.dumps(text, ensure_ascii=False)},\n   "vector": [{numbers}]}}')
    out.write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
