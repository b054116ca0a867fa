// RUN: not llmc compile %models/nothing -o %t.o 2>&1 | FileCheck %s --check-prefix=MODEL
// RUN: not llmc compile %models/llama2-mha -o %t/none/x.o 2>&1 | FileCheck %s --check-prefix=OUTPUT
// RUN: not llmc compile %models/llama2-mha --name 1m -o %t.o 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not llmc compile %s --from lower -o %t.o 2>&1 | FileCheck %s --check-prefix=FROM
// RUN: not ls %t.o

// MODEL: nothing: no such file or folder
// OUTPUT: none/x.o: No such file or directory
// NAME: --name is '1m', expected a C identifier
// FROM: invalid.mlir: has no exec.model with a name
module {}
