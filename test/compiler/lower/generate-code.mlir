// Functions of linalg become kernels of generated code.
// RUN: llmc-opt %s --split-input-file --llmc-generate-code | FileCheck %s

// Flat slices: the body gets the elements [begin, end) of every slot; exp is a
// polynomial, no call.
// CHECK: llvm.func internal @g(%[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK: %[[COUNT:.*]] = llvm.sub %[[END]], %[[BEGIN]]
// CHECK: llvm.getelementptr %{{.*}}[%[[BEGIN]]] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK: llvm.call @g_body(%{{.*}}, %[[COUNT]],
// CHECK: llvm.func internal @g_body({{.*}}llvm.noalias{{.*}}passthrough = ["alwaysinline"]
// CHECK-NOT: llvm.call
// CHECK: llvm.intr.fma
#map = affine_map<(d0) -> (d0)>
func.func private @g(%a: tensor<?xf32>, %out: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "rw"} {
  %0 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%a : tensor<?xf32>) outs(%out : tensor<?xf32>) {
  ^bb0(%x: f32, %o: f32):
    %1 = math.exp %x : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A row at a time: rows advance by their width, the vector stays.
// CHECK: llvm.func internal @r(%[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK: llvm.br ^[[HEAD:.*]](%[[BEGIN]] : i64)
// CHECK: ^[[HEAD]](%[[ROW:.*]]: i64):
// CHECK: llvm.icmp "slt" %[[ROW]], %[[END]]
// CHECK: %[[WIDTH:.*]] = llvm.mlir.constant(5 : i64)
// CHECK: %[[FIRST:.*]] = llvm.mul %[[ROW]], %[[WIDTH]]
// CHECK: llvm.getelementptr %{{.*}}[%[[FIRST]]]
// CHECK: %[[SECOND:.*]] = llvm.mul %[[ROW]],
// CHECK: llvm.getelementptr %{{.*}}[%[[SECOND]]]
// CHECK: llvm.call @r_body
#map = affine_map<(d0) -> (d0)>
func.func private @r(%a: tensor<5xf32>, %w: tensor<5xf32>, %out: tensor<5xf32>) -> tensor<5xf32> attributes {llm.generated = "rcw"} {
  %0 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%a, %w : tensor<5xf32>, tensor<5xf32>) outs(%out : tensor<5xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %1 = arith.mulf %x, %y : f32
    linalg.yield %1 : f32
  } -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

// Rows of three widths, the first named by a row number.
// CHECK: llvm.func internal @s(
// CHECK: ^{{.*}}(%[[ROW:.*]]: i64):
// CHECK: %[[AT:.*]] = llvm.getelementptr %{{.*}}[%[[ROW]]] : (!llvm.ptr, i64) -> !llvm.ptr, i32
// CHECK: %[[ID:.*]] = llvm.load %[[AT]] : !llvm.ptr -> i32
// CHECK: %[[LONG:.*]] = llvm.sext %[[ID]]
// CHECK: %[[FIVE:.*]] = llvm.mlir.constant(5 : i64)
// CHECK: llvm.mul %[[LONG]], %[[FIVE]]
// CHECK: %[[THREE:.*]] = llvm.mlir.constant(3 : i64)
// CHECK: llvm.mul %[[ROW]], %[[THREE]]
func.func private @s(%a: tensor<5xf32>, %i: tensor<?xi32>, %out: tensor<3xf32>) -> tensor<3xf32> attributes {llm.generated = "giw"} {
  %0 = tensor.extract_slice %a[1] [3] [1] : tensor<5xf32> to tensor<3xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%0 : tensor<3xf32>) outs(%out : tensor<3xf32>) {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<3xf32>
  return %1 : tensor<3xf32>
}

// -----

// Numbers of a row live on the stack, nothing is allocated.
// CHECK: llvm.func internal @m_body
// CHECK-NOT: @malloc
// CHECK: llvm.alloca
#each = affine_map<(d0) -> (d0)>
#one = affine_map<(d0) -> ()>
func.func private @m(%a: tensor<5xf32>, %out: tensor<5xf32>) -> tensor<5xf32> attributes {llm.generated = "rw"} {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %s = linalg.generic {indexing_maps = [#each, #one], iterator_types = ["reduction"]} ins(%a : tensor<5xf32>) outs(%f : tensor<f32>) {
  ^bb0(%x: f32, %o: f32):
    %1 = arith.addf %o, %x : f32
    linalg.yield %1 : f32
  } -> tensor<f32>
  %r = linalg.generic {indexing_maps = [#each, #one, #each], iterator_types = ["parallel"]} ins(%a, %s : tensor<5xf32>, tensor<f32>) outs(%out : tensor<5xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %1 = arith.divf %x, %y : f32
    linalg.yield %1 : f32
  } -> tensor<5xf32>
  return %r : tensor<5xf32>
}

// -----

// A function that is not to be generated stays.
// CHECK: func.func private @h() attributes {llm.kept}
func.func private @h() attributes {llm.kept}
