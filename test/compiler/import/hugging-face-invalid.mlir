// RUN: not llmc compile %models/bad/st-shape-wrong --emit import 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not llmc compile %models/bad/cfg-unknown-model --emit import 2>&1 | FileCheck %s --check-prefix=MODEL
// RUN: not llmc compile %models/bad/idx-path-escape --emit import 2>&1 | FileCheck %s --check-prefix=ESCAPE

// SHAPE: model.safetensors: tensor model.layers.0.mlp.down_proj.weight has shape [32, 12], expected [16, 24] (hidden_size, intermediate_size of config.json)
// MODEL: config.json: model_type is "llamoid", expected one of llama, gemma
// ESCAPE: model.safetensors.index.json: weight_map of tensor model.norm.weight is "../../../../../../etc/passwd", expected a file inside the model's folder
