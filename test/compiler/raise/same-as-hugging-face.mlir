// After raise the same model is the same graph from either importer, up to the
// names and files of its weights: operations, shapes, epsilons, frequencies and
// config.

// Multi-head attention, a head of its own.
// RUN: rm -rf %t && mkdir -p %t/mha %t/gqa
// RUN: cp %models/onnx/llama2-mha-torch/model.onnx %models/llama2-mha/config.json %t/mha
// RUN: llmc compile %models/llama2-mha --emit raise -o %t/1.mlir
// RUN: llmc compile %t/mha/model.onnx --emit raise -o %t/2.mlir
// RUN: llmc compile %models/onnx/llama2-mha-genai-fp32/model.onnx --emit raise -o %t/3.mlir

// Grouped queries, rope scaling.
// RUN: cp %models/onnx/llama3-gqa-torch/model.onnx %models/onnx/llama3-gqa-torch/model.onnx_data %models/llama3-gqa/config.json %t/gqa
// RUN: llmc compile %models/llama3-gqa --emit raise -o %t/4.mlir
// RUN: llmc compile %t/gqa/model.onnx --emit raise -o %t/5.mlir
// RUN: llmc compile %models/onnx/llama3-gqa-genai-fp32/model.onnx --emit raise -o %t/6.mlir

// RUN: sed -n '/func.func @main/,$p' %t/1.mlir | sed 's/@[^ :]*/@name/g' > %t/1.txt
// RUN: sed -n '/func.func @main/,$p' %t/2.mlir | sed 's/@[^ :]*/@name/g' > %t/2.txt
// RUN: sed -n '/func.func @main/,$p' %t/3.mlir | sed 's/@[^ :]*/@name/g' > %t/3.txt
// RUN: sed -n '/func.func @main/,$p' %t/4.mlir | sed 's/@[^ :]*/@name/g' > %t/4.txt
// RUN: sed -n '/func.func @main/,$p' %t/5.mlir | sed 's/@[^ :]*/@name/g' > %t/5.txt
// RUN: sed -n '/func.func @main/,$p' %t/6.mlir | sed 's/@[^ :]*/@name/g' > %t/6.txt
// RUN: diff %t/1.txt %t/2.txt
// RUN: diff %t/1.txt %t/3.txt
// RUN: diff %t/4.txt %t/5.txt
// RUN: diff %t/4.txt %t/6.txt
// RUN: not diff %t/1.txt %t/4.txt

// Exact where the graph computes the frequencies; tables round them.
// RUN: grep -o -E 'llm.config<[^>]*>|inverse_frequencies : .*' %t/1.mlir > %t/1.facts
// RUN: grep -o -E 'llm.config<[^>]*>|inverse_frequencies : .*' %t/2.mlir > %t/2.facts
// RUN: grep -o -E 'llm.config<[^>]*>|inverse_frequencies : .*' %t/4.mlir > %t/4.facts
// RUN: grep -o -E 'llm.config<[^>]*>|inverse_frequencies : .*' %t/5.mlir > %t/5.facts
// RUN: diff %t/1.facts %t/2.facts
// RUN: diff %t/4.facts %t/5.facts
