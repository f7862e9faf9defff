# shellcheck shell=bash disable=SC2154
# The model for search by meaning: brought by the package, verified, found in ml_cache. Sourced by deploy.sh.

model_name=all-MiniLM-L6-v2

put_model() {
    local wrong link=$data/ml_cache/$model_name
    if [ "$(readlink "$link")" != "$package_dir/model" ] && [ ! -d "$link" ]; then
        change "model in $link" ln -sfn "$package_dir/model" "$link"
    fi
    [ -z "$dry_run" ] || return 0
    # By the package's own sums, file by file: half a model would only be noticed by bad answers.
    wrong=$(cd "$package_dir" && sha256sum --check --quiet model/SHA256SUMS 2>&1) ||
        fail "the model is damaged: ${wrong//$'\n'/, }; reinstall: dpkg --install $data/app/current.deb"
    note "model and ONNX Runtime are what they were built as"
}
