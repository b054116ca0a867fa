// One case per constraint label of LlmOps.td.
// RUN: llmc-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{weight_c1: expected parts or value}}
llm.weight @w : tensor<2xf32>

// -----
// expected-error @below {{weight_c2: parts have 3 rows, expected 4}}
llm.weight @w : tensor<4x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}

// -----
// expected-error @below {{weight_c2: part of 5 columns, expected 2}}
llm.weight @w : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 5, rowStride = 5, columnStride = 1>]}

// -----
// expected-error @below {{weight_c2: value has 1 elements, expected 2}}
llm.weight @w : tensor<2xf32> {value = array<f32: 1.0>}

// -----
// expected-error @below {{weight_c3: chunks has 2 entries for 1 parts}}
llm.weight @w : tensor<3x2xf32> {chunks = array<i64: 1, 2>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%t: tensor<?xi32>) {
  // expected-error @below {{embedding_c1: weight is 'tensor<2xf32>'}}
  %0 = llm.embedding %t, @w : tensor<?xi32> -> tensor<?x2xf32>
  return
}

// -----
func.func @f(%t: tensor<?xi32>) {
  // expected-error @below {{weight: @none is not an llm.weight}}
  %0 = llm.embedding %t, @none : tensor<?xi32> -> tensor<?x2xf32>
  return
}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%t: tensor<?xi32>) {
  // expected-error @below {{rope_table_c1: @w is 'tensor<2xf32>', expected a vector of 4}}
  %0 = llm.rope_table %t, @w : tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%x: tensor<?x3xf32>) {
  // expected-error @below {{rms_norm_c1: @w is 'tensor<2xf32>', expected a vector of 3}}
  %0 = llm.rms_norm %x, @w {epsilon = 1.0} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return
}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{rms_norm_c2: x is 'tensor<?x2xf32>', result is 'tensor<?x2xi8>'}}
  %0 = llm.rms_norm %x, @w {epsilon = 1.0} : (tensor<?x2xf32>) -> tensor<?x2xi8>
  return
}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%x: tensor<?x2xf32>, %y: tensor<1x2xf32>) {
  // expected-error @below {{add_rms_norm_c1}}
  %0:2 = llm.add_rms_norm %x, %y, @w {epsilon = 1.0} : (tensor<?x2xf32>, tensor<1x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%x: tensor<?x2xf32>, %i: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @below {{add_rms_norm_c2: sum is used}}
  %0:2 = llm.add_rms_norm %x, %x select %i, @w {epsilon = 1.0} : (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?xi32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return %0#0 : tensor<?x2xf32>
}

// -----
llm.weight @w : tensor<3xf32> {value = array<f32: 1., 2., 3.>}
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{add_rms_norm_c3: @w is 'tensor<3xf32>', expected a vector of 2}}
  %0:2 = llm.add_rms_norm %x, %x, @w {epsilon = 1.0} : (tensor<?x2xf32>, tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----
llm.weight @w : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{add_rms_norm_c4}}
  %0:2 = llm.add_rms_norm %x, %x, @w {epsilon = 1.0} : (tensor<?x2xf32>, tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x3xf32>)
  return
}

// -----
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{quantize_c1}}
  %0 = llm.quantize %x : tensor<?x2xf32> -> tensor<?x2xf32>
  return
}

// -----
// expected-error @below {{quant_c1: block4 has group 48, expected a power of two from 16}}
llm.weight @w : tensor<2xf32> {quant = #llm.quant<block4, group = 48>, value = array<f32: 1., 2.>}
