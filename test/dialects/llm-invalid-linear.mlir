// One case per constraint label of LlmOps.td, linears and what follows.
// RUN: llmc-opt %s --split-input-file --verify-diagnostics

llm.weight @w : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{linear_c1: x is 'tensor<?x4xf32>', weight is 'tensor<3x2xf32>'}}
  %0 = llm.linear %x, @w : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

// -----
llm.weight @w : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{linear_c2: result is 'tensor<?x2xf32>', expected the rows of x and 3 columns}}
  %0 = llm.linear %x, @w : tensor<?x2xf32> -> tensor<?x2xf32>
  return
}

// -----
llm.weight @w : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
llm.weight @b : tensor<2xf32> {value = array<f32: 1., 2.>}
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{linear_c3: @b is 'tensor<2xf32>', expected a vector of 3}}
  %0 = llm.linear %x, @w bias @b : tensor<?x2xf32> -> tensor<?x3xf32>
  return
}

// -----
llm.weight @w : tensor<3x2xf32> {quant = #llm.quant<int8>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
func.func @f(%x: tensor<?x2xf32>) {
  // expected-error @below {{linear_c4: x is 'tensor<?x2xf32>', but @w is #llm.quant<int8>, which reads #llm.q8}}
  %0 = llm.linear %x, @w : tensor<?x2xf32> -> tensor<?x3xf32>
  return
}

// -----
func.func @f(%x: tensor<?x6xf32>, %t: tensor<?x4xf32>) {
  // expected-error @below {{rope_c1: x is 'tensor<?x6xf32>'}}
  %0 = llm.rope %x, %t {head_dim = 4} : tensor<?x6xf32>, tensor<?x4xf32>
  return
}

// -----
func.func @f(%x: tensor<?x8xf32>, %t: tensor<?x6xf32>) {
  // expected-error @below {{rope_c2: table is 'tensor<?x6xf32>', expected an even width of at most 4}}
  %0 = llm.rope %x, %t {head_dim = 4} : tensor<?x8xf32>, tensor<?x6xf32>
  return
}

// -----
func.func @f(%x: tensor<?x8xf32>, %t: tensor<?x4xf32>, %i: tensor<?xi32>, %c: !llm.kv_cache) {
  // expected-error @below {{rope_append_c1: qkv is 'tensor<?x8xf32>' with heads 2, kv_heads 1, head_dim 4}}
  %0:2 = llm.rope_append %x, %t, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4} : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?xi32>
  return
}

// -----
func.func @f(%x: tensor<?x16xf32>, %t: tensor<?x3xf32>, %i: tensor<?xi32>, %c: !llm.kv_cache) {
  // expected-error @below {{rope_append_c2: table is 'tensor<?x3xf32>'}}
  %0:2 = llm.rope_append %x, %t, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4} : tensor<?x16xf32>, tensor<?x3xf32>, tensor<?xi32>
  return
}

// -----
func.func @f(%x: tensor<?x12xf32>, %i: tensor<?xi32>, %c: !llm.kv_cache) {
  // expected-error @below {{attention_c1: heads is 3, expected a positive multiple of kv_heads 2}}
  %0 = llm.attention %x, %c at %i, %i {layer = 0, heads = 3, kv_heads = 2, head_dim = 4, scale = 1.0} : tensor<?x12xf32>, tensor<?xi32> -> tensor<?x12xf32>
  return
}

// -----
func.func @f(%x: tensor<?x8xf32>, %i: tensor<?xi32>, %c: !llm.kv_cache) {
  // expected-error @below {{attention_c2: result is 'tensor<?x4xf32>', expected 8 columns}}
  %0 = llm.attention %x, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x4xf32>
  return
}

// -----
func.func @f(%x: tensor<?x12xf32>, %i: tensor<?xi32>, %c: !llm.kv_cache) {
  // expected-error @below {{attention_c3: q is 'tensor<?x12xf32>', expected 8 or 16 columns}}
  %0 = llm.attention %x, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<?x12xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return
}

// -----
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @below {{gated_activation_c1: gate is 'tensor<?x8xf32>', result is 'tensor<?x8xf32>', expected a gate twice as wide}}
  %0 = llm.gated_activation silu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----
func.func @f(%x: tensor<?x8xf32>, %i: tensor<?xi32>) {
  // expected-error @below {{select_rows_c1}}
  %0 = llm.select_rows %x, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x4xf32>
  return
}

// -----
func.func private @g(%x: tensor<?xf32>, %d: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "rw"} {
  return %x : tensor<?xf32>
}
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @below {{generated_c1: units_per_row is 4, a value is 'tensor<?x8xf32>'}}
  %0 = llm.generated @g(%x) units = 4 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----
func.func private @g(%x: tensor<?xf32>, %d: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "rw"} {
  return %x : tensor<?xf32>
}
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @below {{generated_c2: a value is 'tensor<1x8xf32>'}}
  %0 = llm.generated @g(%x) units = 8 : (tensor<?x8xf32>) -> tensor<1x8xf32>
  return
}

// -----
func.func private @g(%x: tensor<?xf32>, %d: tensor<?xf32>) -> tensor<?xf32>
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error @below {{generated_c3: @g is not an llm.generated function of 2 arguments}}
  %0 = llm.generated @g(%x) units = 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func private @g(%x: tensor<?xf32>, %i: tensor<?xi32>, %d: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "giw"} {
  return %d : tensor<?xf32>
}
func.func @generated_c4(%x: tensor<?x8xf32>, %i: tensor<?xi32>) {
  // expected-error @below {{generated_c4: units_per_row is 8, expected 1 with select}}
  %0 = llm.generated @g(%x) select %i : tensor<?xi32> units = 8 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
