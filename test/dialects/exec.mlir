// Every operation reads and prints back as it stands here.
// RUN: llmc-opt %s | llmc-opt | FileCheck %s
// CHECK: exec.program @decode rows = 1, arena = 128, private = 64
exec.program @decode rows = 1, arena = 128, private = 64 {
  // CHECK: exec.buffer shared 60 at 64
  %in = exec.buffer shared 60 at 64
  // CHECK: exec.buffer private 8 at 0 {name = "gated"}
  %out = exec.buffer private 8 at 0 {name = "gated"}
  // CHECK: exec.weight @w
  %w = exec.weight @w
  // CHECK: exec.field logits + 64
  %l = exec.field logits + 64
  // CHECK: exec.constant 8 : i64
  %n = exec.constant 8 : i64
  // CHECK: exec.constant 1.000000e+00 : f64
  %d = exec.constant 1.0 : f64
  // CHECK: exec.step "gated_activation" @k(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) units %{{.*}} * 16 granule 8 each
  exec.step "gated_activation" @k(%in, %out, %n, %n) units %n * 16 granule 8 each
  // CHECK: exec.barrier unless_divides 4
  exec.barrier unless_divides 4
  // CHECK: exec.call @g "rw"(%{{.*}}, %{{.*}}) units %{{.*}} * 1 granule 1
  exec.call @g "rw"(%in, %l) units %n * 1 granule 1
}
