#!/usr/bin/env python3
"""Write a BERT-family sentence encoder as an ONNX graph, from model.safetensors and config.json.

usage: build_onnx.py MODEL_DIR OUT.onnx [--q8]

Inputs : input_ids, attention_mask, token_type_ids   int64 [batch, sequence]
Output : last_hidden_state                           f32   [batch, sequence, hidden]

With --q8 the weights, and only the weights, have eight bits: the word table with one scale per row, every
linear layer with one scale per block of 32 (MatMulNBits, in every CPU build of ONNX Runtime). Activations
stay floats, so a text has the same vector alone and in a batch.

The quantisation is done here, element by element in IEEE single precision and without a threaded kernel,
so that the file has the same bytes whatever machine writes it. build.sh holds it to its pinned SHA-256.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

OPSET = 20  # LayerNormalization (17) and Gelu (20) as single operators
BLOCK = 32  # weights that share a scale: the smallest MatMulNBits has, the most exact
MASKED = -10000.0  # added to the attention score of padding, as BERT was trained


def quantise(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric eight bits along the last axis: int8 values in -127..127, and their scale."""
    largest = np.abs(rows).max(axis=-1, keepdims=True)
    scale = np.maximum(largest, np.float32(1e-12)) / np.float32(127)
    return np.clip(np.rint(rows / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


class Graph:
    """Nodes and constants in the order in which they are made."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value) -> str:
        if name not in self.constants:
            # np.array, not np.ascontiguousarray, which would turn a scalar into a row of one
            self.constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def integers(self, name: str, value) -> str:
        return self.constant(name, np.array(value, dtype=np.int64))

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name].astype(np.float32))

    def node(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{output}/{kind}", **attributes))
        return output


class Encoder:
    """The layers of BERT over a Graph; with `q8`, over eight-bit weights."""

    def __init__(self, graph: Graph, config: dict, q8: bool):
        assert config["hidden_act"] == "gelu", "only the erf form of GELU is written here"
        self.graph = graph
        self.config = config
        self.q8 = q8

    def linear(self, x: str, name: str, out: str) -> str:
        g = self.graph
        weight = g.weights[name + ".weight"].astype(np.float32)  # [N, K]
        if self.q8:
            n, k = weight.shape
            values, scales = quantise(weight.reshape(n, k // BLOCK, BLOCK))
            packed = (values.astype(np.int16) + 128).astype(np.uint8)  # zero is 128 unless said otherwise
            product = g.node(
                "MatMulNBits",
                [x, g.constant(name + ".weight_q8", packed), g.constant(name + ".weight_scales", scales.reshape(-1))],
                out + "_mm",
                domain="com.microsoft",
                K=k,
                N=n,
                bits=8,
                block_size=BLOCK,
                accuracy_level=4,
            )
        else:
            product = g.node("MatMul", [x, g.constant(name + ".weight_t", weight.T)], out + "_mm")
        return g.node("Add", [g.weight(name + ".bias"), product], out)

    def layer_norm(self, x: str, name: str, out: str) -> str:
        g = self.graph
        inputs = [x, g.weight(name + ".weight"), g.weight(name + ".bias")]
        return g.node("LayerNormalization", inputs, out, axis=-1, epsilon=float(self.config["layer_norm_eps"]))

    def words(self) -> str:
        g = self.graph
        name = "embeddings.word_embeddings.weight"
        if not self.q8:
            return g.node("Gather", [g.weight(name), "input_ids"], "emb_word", axis=0)
        values, scales = quantise(g.weights[name].astype(np.float32))
        row = g.node("Gather", [g.constant(name + "_q8", values), "input_ids"], "emb_word_q8", axis=0)
        row = g.node("Cast", [row], "emb_word_float", to=TensorProto.FLOAT)
        scale = g.node("Gather", [g.constant(name + "_scale", scales), "input_ids"], "emb_word_scale", axis=0)
        return g.node("Mul", [row, scale], "emb_word")

    def embeddings(self) -> str:
        g = self.graph
        types = g.node("Gather", [g.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"], "emb_type", axis=0)
        shape = g.node("Shape", ["input_ids"], "ids_shape")
        length = g.node("Gather", [shape, g.integers("index1", 1)], "seq_len", axis=0)
        length = g.node("Unsqueeze", [length, g.integers("axis0", [0])], "seq_len_1")
        all_positions = g.integers("position_ids", np.arange(self.config["max_position_embeddings"])[None, :])
        bounds = [g.integers("from0", [0]), length, g.integers("axis1", [1]), g.integers("step1", [1])]
        positions = g.node("Slice", [all_positions, *bounds], "pos_ids")
        positions = g.node("Gather", [g.weight("embeddings.position_embeddings.weight"), positions], "emb_pos", axis=0)
        x = g.node("Add", [self.words(), types], "emb_word_type")
        x = g.node("Add", [x, positions], "emb_sum")
        return self.layer_norm(x, "embeddings.LayerNorm", "emb_ln")

    def mask(self) -> str:
        """0 for a token, MASKED for padding, as [batch, 1, 1, sequence]."""
        g = self.graph
        m = g.node("Unsqueeze", ["attention_mask", g.integers("axes12", [1, 2])], "mask_4d")
        m = g.node("Cast", [m], "mask_float", to=TensorProto.FLOAT)
        m = g.node("Sub", [g.constant("one", np.float32(1)), m], "mask_inverse")
        return g.node("Mul", [m, g.constant("masked", np.float32(MASKED))], "mask_added")

    def attention(self, x: str, mask: str, prefix: str, t: str) -> str:
        g = self.graph
        hidden, heads = self.config["hidden_size"], self.config["num_attention_heads"]
        width = hidden // heads
        split = g.integers("split_heads", [0, 0, heads, width])

        def head(which: str, short: str, permutation: list[int]) -> str:
            y = self.linear(x, f"{prefix}attention.self.{which}", t + which)
            y = g.node("Reshape", [y, split], f"{t}{short}_split")
            return g.node("Transpose", [y], f"{t}{short}_heads", perm=permutation)

        query = head("query", "q", [0, 2, 1, 3])
        key = head("key", "k", [0, 2, 3, 1])
        value = head("value", "v", [0, 2, 1, 3])
        scores = g.node("MatMul", [query, key], t + "scores")
        scores = g.node("Div", [scores, g.constant("sqrt_width", np.float32(np.sqrt(width)))], t + "scores_scaled")
        scores = g.node("Add", [scores, mask], t + "scores_masked")
        shares = g.node("Softmax", [scores], t + "shares", axis=-1)
        context = g.node("MatMul", [shares, value], t + "context")
        context = g.node("Transpose", [context], t + "context_heads", perm=[0, 2, 1, 3])
        context = g.node("Reshape", [context, g.integers("merge_heads", [0, 0, hidden])], t + "context_merged")
        return self.linear(context, prefix + "attention.output.dense", t + "attention")

    def layer(self, x: str, mask: str, number: int, out: str) -> str:
        g = self.graph
        prefix, t = f"encoder.layer.{number}.", f"l{number}_"
        a = self.attention(x, mask, prefix, t)
        x = self.layer_norm(g.node("Add", [a, x], t + "attention_sum"), prefix + "attention.output.LayerNorm", t + "attention_ln")
        f = self.linear(x, prefix + "intermediate.dense", t + "wide")
        f = g.node("Gelu", [f], t + "gelu")
        f = self.linear(f, prefix + "output.dense", t + "narrow")
        return self.layer_norm(g.node("Add", [f, x], t + "sum"), prefix + "output.LayerNorm", out)

    def write(self) -> None:
        mask = self.mask()
        x = self.embeddings()
        last = self.config["num_hidden_layers"] - 1
        for number in range(last + 1):
            x = self.layer(x, mask, number, "last_hidden_state" if number == last else f"l{number}_out")


def build(model_dir: Path, q8: bool) -> onnx.ModelProto:
    config = json.loads((model_dir / "config.json").read_text())
    weights = load_file(model_dir / "model.safetensors")
    graph = Graph({name.removeprefix("bert."): value for name, value in weights.items()})
    Encoder(graph, config, q8).write()

    shape = ["batch", "sequence"]
    names = ("input_ids", "attention_mask", "token_type_ids")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "bert",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in names],
            [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, config["hidden_size"]])],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)] + ([helper.make_opsetid("com.microsoft", 1)] if q8 else []),
        ir_version=9,
        producer_name="inventory",
    )
    onnx.checker.check_model(model, full_check=not q8)  # the checker knows no com.microsoft shapes
    return model


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--q8"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    source, target = map(Path, arguments)
    target.write_bytes(build(source, "--q8" in sys.argv[1:]).SerializeToString(deterministic=True))
