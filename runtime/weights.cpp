// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/weights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace llmc::rt {

// Asks for reading ahead and huge pages; a system without them says no.
static void advise(const uint8_t *data, int64_t bytes) {
  uintptr_t page = uintptr_t(sysconf(_SC_PAGESIZE));
  uintptr_t begin = (uintptr_t(data) + page - 1) / page * page;
  uintptr_t end = (uintptr_t(data) + uintptr_t(bytes)) / page * page;
  if (begin >= end)
    return;
  void *address = reinterpret_cast<void *>(begin);
  madvise(address, end - begin, MADV_HUGEPAGE);
  madvise(address, end - begin, MADV_WILLNEED);
}

static void idText(const uint8_t *id, char *text) {
  for (int i = 0; i < 4; ++i)
    snprintf(text + 2 * i, 3, "%02x", id[i]);
}

// Is the open file the model's? `path` is for the message.
static llmc_status checkFile(const llmc_model &model, int file,
                             const char *path, size_t *file_bytes) {
  struct stat info;
  llmc_weights_header header;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
    return fail(LLMC_NO_WEIGHTS, "weights '%s' is not a regular file", path);
  if (pread(file, &header, sizeof(header), 0) != ssize_t(sizeof(header)) ||
      memcmp(header.magic, "LLMCWGT1", sizeof(header.magic)) != 0)
    return fail(LLMC_NO_WEIGHTS, "'%s' is not a weights file of llmc", path);
  if (memcmp(header.id, model.weights_id, sizeof(header.id)) != 0) {
    char found[9], wanted[9];
    idText(header.id, found);
    idText(model.weights_id, wanted);
    return fail(LLMC_NO_WEIGHTS,
                "weights file '%s' belongs to another model: its id starts "
                "with %s, that of '%s' with %s",
                path, found, model.name, wanted);
  }
  if (header.bytes != model.weights_bytes ||
      info.st_size - LLMC_WEIGHTS_OFFSET != model.weights_bytes)
    return fail(LLMC_NO_WEIGHTS,
                "weights file '%s' is damaged: it has %lld bytes of weights, "
                "the model %lld",
                path, (long long)(info.st_size - LLMC_WEIGHTS_OFFSET),
                (long long)model.weights_bytes);
  *file_bytes = size_t(info.st_size);
  return LLMC_OK;
}

// Maps the file `place`, or `place`/weights_file where it is a folder.
// *found says whether there was one.
static llmc_status openAt(const llmc_model &model, const char *place,
                          Weights *weights, bool *found) {
  char path[PATH_MAX];
  struct stat info;
  *found = false;
  bool folder = stat(place, &info) == 0 && S_ISDIR(info.st_mode);
  int length = folder ? snprintf(path, sizeof(path), "%s/%s", place,
                                 model.weights_file)
                      : snprintf(path, sizeof(path), "%s", place);
  if (length < 0 || size_t(length) >= sizeof(path))
    return fail(LLMC_NO_WEIGHTS, "the path of the weights file is longer than "
                                 "%d bytes", PATH_MAX - 1);
  int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    *found = errno != ENOENT && errno != ENOTDIR;
    return fail(LLMC_NO_WEIGHTS, "weights file '%s': %s", path,
                strerror(errno));
  }
  *found = true;
  size_t bytes;
  llmc_status status = checkFile(model, file, path, &bytes);
  if (status == LLMC_OK) {
    void *mapping = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
    if (mapping == MAP_FAILED) {
      status = fail(LLMC_NO_WEIGHTS, "weights file '%s' cannot be mapped: %s",
                    path, strerror(errno));
    } else {
      weights->mapping = mapping;
      weights->mapping_bytes = bytes;
      weights->data = static_cast<uint8_t *>(mapping) + LLMC_WEIGHTS_OFFSET;
      advise(weights->data, model.weights_bytes);
    }
  }
  ::close(file);
  return status;
}

// The folder of the running program, without the last slash.
static bool programFolder(char *folder, size_t size) {
  ssize_t length = readlink("/proc/self/exe", folder, size - 1);
  if (length <= 0 || size_t(length) >= size - 1)
    return false;
  folder[length] = '\0';
  char *slash = strrchr(folder, '/');
  if (!slash)
    return false;
  slash[slash == folder] = '\0';
  return true;
}

llmc_status Weights::open(const llmc_model &model, const char *path) {
  *this = {};
  if (model.weights) {
    data = model.weights;
    advise(data, model.weights_bytes);
    return LLMC_OK;
  }
  bool found = false;
  if (path)
    return openAt(model, path, this, &found);
  char folder[PATH_MAX] = "";
  llmc_status status = LLMC_NO_WEIGHTS;
  if (programFolder(folder, sizeof(folder))) {
    status = openAt(model, folder, this, &found);
    if (status == LLMC_OK)
      return status;
  }
  if (const char *variable = getenv("LLMC_WEIGHTS"))
    return openAt(model, variable, this, &found);
  if (found)
    return status;
  return fail(LLMC_NO_WEIGHTS,
              "weights file '%s' is neither in '%s' nor named by LLMC_WEIGHTS",
              model.weights_file, folder);
}

void Weights::close() {
  if (mapping)
    munmap(mapping, mapping_bytes);
  *this = {};
}

} // namespace llmc::rt
