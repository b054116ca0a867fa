// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Checkpoint.h"
#include "compiler/import/SafetensorsFile.h"
#include "compiler/support/MappedFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>
#include <string>

using namespace llmc;

namespace {

/// A file of the header `json` and `dataBytes` bytes.
std::string fileOf(const std::string &json, size_t dataBytes) {
  std::string file(8, '\0');
  llvm::support::endian::write64le(file.data(), json.size());
  return file + json + std::string(dataBytes, '\x3c');
}

llvm::Expected<std::vector<SafetensorsTensor>> parse(const std::string &file) {
  return parseSafetensors(
      {reinterpret_cast<const uint8_t *>(file.data()), file.size()}, "f");
}

/// The error that `file` is refused with; "accepted" where it is not.
std::string errorOf(const std::string &file) {
  auto tensors = parse(file);
  return tensors ? "accepted" : llvm::toString(tensors.takeError());
}

const char kTwo[] =
    R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[6,30]},)"
    R"("__metadata__":{"format":"pt"},)"
    R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}  )";

std::string oneTensor(const std::string &fields) {
  return R"({"w":{)" + fields + "}}";
}

TEST(Safetensors, GivesTensorsInTheOrderOfTheirData) {
  auto tensors = parse(fileOf(kTwo, 30));
  ASSERT_TRUE(bool(tensors)) << llvm::toString(tensors.takeError());
  ASSERT_EQ(tensors->size(), 2u);
  uint64_t data = 8 + sizeof(kTwo) - 1;
  const SafetensorsTensor &b = (*tensors)[0], &a = (*tensors)[1];
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.dtype, "BF16");
  EXPECT_EQ(b.offset, data);
  EXPECT_EQ(b.bytes, 6u);
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.offset, data + 6);
  EXPECT_EQ(describeShape(a.shape), "[2, 3]");
}

TEST(Safetensors, AcceptsEmptyTensorsAndScalars) {
  EXPECT_EQ(errorOf(fileOf("{}", 0)), "accepted");
  EXPECT_EQ(
      errorOf(fileOf(
          oneTensor(R"("dtype":"F16","shape":[0,7],"data_offsets":[0,0])"), 0)),
      "accepted");
  EXPECT_EQ(
      errorOf(fileOf(
          oneTensor(R"("dtype":"F64","shape":[],"data_offsets":[0,8])"), 8)),
      "accepted");
  EXPECT_EQ(
      errorOf(fileOf(
          oneTensor(R"("dtype":"F4","shape":[3,2],"data_offsets":[0,3])"), 3)),
      "accepted");
}

TEST(Safetensors, NamesWhatIsWrong) {
  const struct {
    const char *fields;
    size_t bytes;
    const char *error;
  } cases[] = {
      {R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 9,
       "f: 1 bytes at the end belong to no tensor"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[4,12])", 12,
       "f: tensor w: 4 bytes before its data belong to no tensor"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[8,0])", 8,
       "f: tensor w: data_offsets [8, 0], expected begin <= end <= 8"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[0,8])", 7,
       "f: tensor w: data_offsets [0, 8], expected begin <= end <= 7"},
      {R"("dtype":"F32","shape":[2],"data_offsets":[0])", 8,
       "f: tensor w: data_offsets has 1 entries, expected begin and end"},
      {R"("dtype":"F32","shape":[3],"data_offsets":[0,8])", 8,
       "f: tensor w: shape [3] of F32 needs 12 bytes, its data_offsets give 8"},
      {R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])",
       0, "needs an impossible number of bytes"},
      {R"("dtype":"F4","shape":[3],"data_offsets":[0,2])", 2,
       "needs an impossible number of bytes"},
      {R"("dtype":"F13","shape":[2],"data_offsets":[0,8])", 8,
       R"(f: tensor w.dtype is "F13", expected one of BOOL F4)"},
      {R"("dtype":"F32","shape":[-1],"data_offsets":[0,8])", 8,
       "f: tensor w.shape is a list, expected at most 8 integers, 0 or more"},
      {R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8])", 8,
       "expected at most 8 integers"},
      {R"("dtype":"F32","shape":2,"data_offsets":[0,8])", 8,
       "f: tensor w.shape is 2, expected a list"},
      {R"("shape":[2],"data_offsets":[0,8])", 8,
       "f: tensor w.dtype is missing, expected a string"},
      {R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])", 8,
       "twice"},
  };
  for (const auto &test : cases)
    EXPECT_PRED_FORMAT2(testing::IsSubstring, test.error,
                        errorOf(fileOf(oneTensor(test.fields), test.bytes)))
        << test.fields;
}

TEST(Safetensors, RefusesOverlap) {
  EXPECT_EQ(
      errorOf(fileOf(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                     R"("b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}})",
                     7)),
      "f: tensor b: its data overlaps that of tensor a");
}

TEST(Safetensors, RefusesMoreTensorsThanTheLimit) {
  std::string json = "{";
  for (size_t i = 0; i <= SafetensorsLimits::tensors; ++i)
    json += (i ? ",\"" : "\"") + std::to_string(i) +
            R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(errorOf(fileOf(json + "}", 0)), "f: more than 200000 tensors");
  std::string numbers = R"({"a":[0)";
  for (size_t i = 0; i <= SafetensorsLimits::tensors * 11; ++i)
    numbers += ",0";
  EXPECT_EQ(errorOf(fileOf(numbers + "]}", 0)),
            "f: header with more values than 200000 tensors can have");
}

TEST(Safetensors, KeepsMessagesOnOneLine) {
  std::string error = errorOf(fileOf(R"({"a\nb\u0007":{}})", 0));
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "tensor a?b?.dtype is missing",
                      error);
}

// Every prefix of a file lacks something, and says so.
TEST(Safetensors, RefusesEveryPrefix) {
  std::string file = fileOf(kTwo, 30);
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_EQ((errorOf(file.substr(0, size))).substr(0, 3), "f: ") << size;
}

// Every value of the header length around those that matter.
TEST(Safetensors, RefusesEveryOtherHeaderLength) {
  std::string file = fileOf(kTwo, 30);
  for (uint64_t length :
       {uint64_t(0), uint64_t(1), uint64_t(sizeof(kTwo) - 4),
        uint64_t(sizeof(kTwo)), uint64_t(file.size() - 8),
        uint64_t(file.size() - 7), uint64_t(file.size()),
        SafetensorsLimits::headerBytes, SafetensorsLimits::headerBytes + 1,
        uint64_t(INT64_MAX), uint64_t(INT64_MAX) + 1, UINT64_MAX - 7,
        UINT64_MAX}) {
    llvm::support::endian::write64le(file.data(), length);
    EXPECT_EQ((errorOf(file)).substr(0, 3), "f: ") << length;
  }
}

// Every number of the header in turn replaced by a bad neighbour.
TEST(Safetensors, RefusesEveryChangedNumber) {
  std::string json = kTwo;
  const char *values[] = {"0",
                          "1",
                          "-1",
                          "7",
                          "1.5",
                          "\"2\"",
                          "null",
                          "2147483648",
                          "9223372036854775807",
                          "9223372036854775808",
                          "18446744073709551615",
                          "18446744073709551616"};
  int changed = 0;
  for (size_t list = json.find('['); list != std::string::npos;
       list = json.find('[', list + 1)) {
    size_t end = json.find(']', list);
    for (size_t at = list + 1; at < end;
         at = json.find_first_of(",]", at) + 1) {
      size_t length = json.find_first_of(",]", at) - at;
      for (const char *value : values) {
        if (json.substr(at, length) == value)
          continue;
        std::string bad = json;
        EXPECT_EQ(
            (errorOf(fileOf(bad.replace(at, length, value), 30))).substr(0, 3),
            "f: ")
            << bad;
        ++changed;
      }
    }
  }
  EXPECT_EQ(changed, 7 * 12 - 1); // one of the numbers is 0 already
}

/// A folder that holds two shards and an index with `map`.
class ShardedFolder {
public:
  explicit ShardedFolder(const std::string &map) {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("llmc-shards", folder));
    const char *entry =
        R"(":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}})";
    write("a.safetensors", fileOf(std::string(R"({"w.a)") + entry, 6));
    write("b.safetensors", fileOf(std::string(R"({"w.b)") + entry, 6));
    write("model.safetensors.index.json", map);
  }
  ~ShardedFolder() { llvm::sys::fs::remove_directories(folder); }
  std::string error() {
    auto checkpoint = openCheckpoint(folder);
    return checkpoint ? "accepted" : llvm::toString(checkpoint.takeError());
  }
  llvm::SmallString<128> folder;

private:
  void write(const char *name, const std::string &bytes) {
    std::error_code code;
    llvm::raw_fd_ostream(folder.str().str() + "/" + name, code) << bytes;
    EXPECT_FALSE(code);
  }
};

TEST(Checkpoint, JoinsShards) {
  ShardedFolder shards(
      R"({"weight_map":{"w.a":"a.safetensors","w.b":"b.safetensors"}})");
  auto checkpoint = openCheckpoint(shards.folder);
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  EXPECT_EQ(checkpoint->tensors.size(), 2u);
  EXPECT_EQ(checkpoint->find("w.b")->file, "b.safetensors");
  EXPECT_EQ(checkpoint->find("w.c"), nullptr);
}

TEST(Checkpoint, RefusesBadIndexes) {
  const struct {
    const char *map, *error;
  } cases[] = {
      {"[]", "expected an object"},
      {"{}", "weight_map is missing, expected an object"},
      {R"({"weight_map":{"w":3}})",
       "weight_map of tensor w is 3, expected a file inside the model's"},
      {R"({"weight_map":{"w":"/etc/passwd"}})", "expected a file inside"},
      {R"({"weight_map":{"w":"../a.safetensors"}})", "expected a file inside"},
      {R"({"weight_map":{"w":"x/../../a"}})", "expected a file inside"},
      {R"({"weight_map":{"w":"a.safetensors\u0000"}})",
       "expected a file inside"},
      {R"({"weight_map":{"w":""}})", "expected a file inside"},
      {R"({"weight_map":{"w.a":"c.safetensors"}})",
       "c.safetensors: No such file"},
      {R"({"weight_map":{"w.a":"b.safetensors"}})",
       "b.safetensors: tensor w.a is missing, but model.safetensors.index"},
  };
  for (const auto &test : cases)
    EXPECT_PRED_FORMAT2(testing::IsSubstring, test.error,
                        ShardedFolder(test.map).error())
        << test.map;
}

} // namespace
