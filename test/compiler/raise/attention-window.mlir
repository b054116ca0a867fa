// The window of a mask is found however far it reaches, or the mask is refused.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics | FileCheck %s

// No past, so that the mask has context * context elements.
// CHECK: llm.attention {{.*}} window = 4096 : i64}
module attributes {onnx.context = 8192 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %s, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Identity(%keys) : (!onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<4096> : tensor<i64>} : () -> !onnx.any
    %f = onnx.Less(%d, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The same in a long context.
// CHECK: llm.attention {{.*}} window = 32768 : i64}
module attributes {onnx.context = 131072 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %s, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Identity(%keys) : (!onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<32768> : tensor<i64>} : () -> !onnx.any
    %f = onnx.Less(%d, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// With a past.
// CHECK: llm.attention {{.*}} window = 5000 : i64}
module attributes {onnx.context = 8192 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %before = onnx.Shape(%pk) {start = 2 : i64, end = 3 : i64} : (tensor<?x1x?x4xf32>) -> !onnx.any
    %p = onnx.Squeeze(%before) : (!onnx.any) -> !onnx.any
    %n = onnx.Add(%p, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %n, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Range(%p, %n, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<5000> : tensor<i64>} : () -> !onnx.any
    %f = onnx.Less(%d, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask, %pk, %pv) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The last distance that there is.
// CHECK: llm.attention {{.*}} window = 8191 : i64}
module attributes {onnx.context = 8192 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %before = onnx.Shape(%pk) {start = 2 : i64, end = 3 : i64} : (tensor<?x1x?x4xf32>) -> !onnx.any
    %p = onnx.Squeeze(%before) : (!onnx.any) -> !onnx.any
    %n = onnx.Add(%p, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %n, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Range(%p, %n, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<8191> : tensor<i64>} : () -> !onnx.any
    %f = onnx.Less(%d, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask, %pk, %pv) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A window that the context does not reach hides nothing.
// CHECK: llm.attention {{.*}} scale = 5.000000e-01 : f64}
module attributes {onnx.context = 8192 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %s, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Identity(%keys) : (!onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<8192> : tensor<i64>} : () -> !onnx.any
    %f = onnx.Less(%d, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Nor does one that the probes see.
// CHECK: llm.attention {{.*}} scale = 5.000000e-01 : f64}
module attributes {onnx.context = 2048 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %before = onnx.Shape(%pk) {start = 2 : i64, end = 3 : i64} : (tensor<?x1x?x4xf32>) -> !onnx.any
    %p = onnx.Squeeze(%before) : (!onnx.any) -> !onnx.any
    %n = onnx.Add(%p, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %n, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Range(%p, %n, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<3000> : tensor<i64>} : () -> !onnx.any
    %f = onnx.Less(%d, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask, %pk, %pv) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A node that single elements cannot be pulled through.
module attributes {onnx.context = 8192 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %s, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Identity(%keys) : (!onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<4096> : tensor<i64>} : () -> !onnx.any
    %o = onnx.Equal(%j, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %on = onnx.Cast(%o) {to = 7 : i64} : (!onnx.any) -> !onnx.any
    %m = onnx.MatMul(%i, %on) : (!onnx.any, !onnx.any) -> !onnx.any
    %e = onnx.Sub(%m, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %f = onnx.Less(%e, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    // expected-error @below {{node 'And' (And) is a mask that cannot be followed to position 8191, expected elementwise nodes and moves of positions and shapes, or a smaller --context}}
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Where such a mask can be computed whole, the window is known.
// CHECK: llm.attention {{.*}} scale = 5.000000e-01 : f64}
module attributes {onnx.context = 1024 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %s, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Identity(%keys) : (!onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<4096> : tensor<i64>} : () -> !onnx.any
    %o = onnx.Equal(%j, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %on = onnx.Cast(%o) {to = 7 : i64} : (!onnx.any) -> !onnx.any
    %m = onnx.MatMul(%i, %on) : (!onnx.any, !onnx.any) -> !onnx.any
    %e = onnx.Sub(%m, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %f = onnx.Less(%e, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Blocks of positions look like a window to the last one.
module attributes {onnx.context = 8192 : i64, onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %parts = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %parts) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %0 = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %a = onnx.Constant() {value = dense<0> : tensor<1xi64>} : () -> !onnx.any
    %b = onnx.Constant() {value = dense<1> : tensor<1xi64>} : () -> !onnx.any
    %size = onnx.Shape(%ids) : (tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Gather(%size, %1) : (!onnx.any, !onnx.any) -> !onnx.any
    %keys = onnx.Range(%0, %s, %1) : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %queries = onnx.Identity(%keys) : (!onnx.any) -> !onnx.any
    %i = onnx.Unsqueeze(%queries, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %j = onnx.Unsqueeze(%keys, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Sub(%i, %j) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.GreaterOrEqual(%d, %0) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Constant() {value = dense<5000> : tensor<i64>} : () -> !onnx.any
    %bi = onnx.Div(%i, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %bj = onnx.Div(%j, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %f = onnx.Equal(%bi, %bj) : (!onnx.any, !onnx.any) -> !onnx.any
    // expected-error @below {{node 'And' (And) is a mask that hides something else at position 8190, expected a causal mask, perhaps with a window, or a smaller --context}}
    %mask = onnx.And(%c, %f) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Attention(%q, %k, %v, %mask) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
