// A block that is longer than the largest group of a layout repeats its scale.
// RUN: llmc-opt %s --llmc-pack-weights | FileCheck %s

// CHECK: @a : {{.*}}packed = #llm.packed<"b4_n8_g128", offset = 0, bytes = 2176>
// CHECK: @b : {{.*}}packed = #llm.packed<"b8z_n8_g32", offset = 2176, bytes = 2960>
llm.weight @a : tensor<8x512xf32> {quant = #llm.quant<block4, group = 512>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 8, columns = 512, rowStride = 512, columnStride = 1>]}
llm.weight @b : tensor<8x300xf32> {quant = #llm.quant<block8, group = 64, asymmetric = true>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 8, columns = 300, rowStride = 300, columnStride = 1>]}
func.func @decode(%y: tensor<1x512xi8, #llm.q8>, %z: tensor<1x300xi8, #llm.q8>) -> (tensor<1x8xf32>, tensor<1x8xf32>) {
  %l = llm.linear %y, @a : tensor<1x512xi8, #llm.q8> -> tensor<1x8xf32>
  %m = llm.linear %z, @b : tensor<1x300xi8, #llm.q8> -> tensor<1x8xf32>
  return %l, %m : tensor<1x8xf32>, tensor<1x8xf32>
}
