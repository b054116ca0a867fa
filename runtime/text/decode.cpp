// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Token ids to text, one by one. Two kinds of decoders hold bytes back: the
// byte-level one until a character is whole or broken, the byte-fallback one
// until a run of byte tokens ends, because the run as a whole decides whether
// it is text or a U+FFFD for each byte.
#include "runtime/text/array.h"
#include "runtime/text/asset.h"
#include "runtime/text/unicode.h"
#include <new>
#include <string.h>

using namespace llmc::text;

/// Whether the text is whole characters; most tokens are a few ASCII bytes.
static bool isWhole(Bytes text, const uint8_t *readable) {
  if (text.size() - 1 < 8 && readable - text.begin() >= 8) {
    uint64_t word;
    memcpy(&word, text.items, 8);
    if (!(word << (64 - 8 * text.size()) & 0x8080808080808080u))
      return true;
  }
  return validUtf8(text.items, text.size()) == text.size();
}

struct llmc_text_stream {
  llmc_text_stream(const Asset &asset, bool skipSpecial)
      : asset(asset), skipSpecial(skipSpecial) {
    restart();
  }

  void restart() {
    held.clear();
    first = true;
    stripLeft = asset.model->stripCount;
  }
  void add(uint32_t token);
  void flush(bool last);
  /// Forgets all text but the start of an unfinished character.
  void keepUnfinished();
  bool failed() const { return out.failed() || held.failed(); }

  Array<uint8_t> out;

private:
  void copy(const uint8_t *p, size_t size, const uint8_t *readable);
  void emit(const uint8_t *p, size_t size);
  void emitToken(Bytes text);
  void emitBroken() { emit(reinterpret_cast<const uint8_t *>("\xEF\xBF\xBD"), 3); }
  void emitWithoutMarkers(Bytes piece);
  void flushLossy(bool last);

  const Asset &asset;
  bool skipSpecial;
  Array<uint8_t> held;
  bool first;
  uint32_t stripLeft;
};

/// Appends; most tokens are short, so 16 bytes are copied where so many can be
/// read, and what is too much is written over by the next.
void llmc_text_stream::copy(const uint8_t *p, size_t size,
                            const uint8_t *readable) {
  if (size > 16 || readable - p < 16 || !out.reserve(out.size() + 16))
    return out.append(p, size);
  memcpy(out.end(), p, 16);
  out.resize(out.size() + size);
}

void llmc_text_stream::emitToken(Bytes text) {
  if (stripLeft)
    return emit(text.items, text.size());
  copy(text.items, text.size(), asset.texts.end());
}

void llmc_text_stream::emit(const uint8_t *p, size_t size) {
  Bytes strip = asset.string(asset.model->strip);
  while (stripLeft && size) {
    if (size < strip.size() || memcmp(p, strip.items, strip.size()) != 0) {
      stripLeft = 0;
      break;
    }
    p += strip.size();
    size -= strip.size();
    --stripLeft;
  }
  out.append(p, size);
}

void llmc_text_stream::emitWithoutMarkers(Bytes piece) {
  Bytes marker = asset.string(asset.model->marker);
  const uint8_t *p = piece.begin();
  while (p < piece.end()) {
    auto *at = static_cast<const uint8_t *>(memmem(
        p, size_t(piece.end() - p), marker.items, marker.size()));
    emit(p, size_t((at ? at : piece.end()) - p));
    p = at ? at + marker.size() : piece.end();
  }
}

void llmc_text_stream::flushLossy(bool last) {
  const uint8_t *p = held.begin();
  unsigned length;
  while (p < held.end()) {
    Utf8Part part = classifyUtf8(p, held.end(), length);
    if (part == Utf8Part::Prefix && !last)
      break;
    if (part == Utf8Part::Whole)
      emit(p, length);
    else
      emitBroken();
    p += length;
  }
  size_t rest = size_t(held.end() - p);
  if (rest)
    memmove(held.data(), p, rest);
  held.truncate(rest);
}

/// Emits what is held and certain; all of it where `last`.
void llmc_text_stream::flush(bool last) {
  if (held.empty())
    return;
  if (asset.has(kLossyText))
    return flushLossy(last);
  if (validUtf8(held.data(), held.size()) == held.size())
    emit(held.data(), held.size());
  else
    for (size_t i = 0; i < held.size(); ++i)
      emitBroken();
  held.clear();
}

void llmc_text_stream::add(uint32_t token) {
  if (token >= asset.model->vocabSize)
    return;
  uint16_t flags = asset.tokenFlags[token];
  if ((flags & kTokenAbsent) || (skipSpecial && (flags & kTokenSpecial)))
    return;
  Bytes text = asset.text(token);
  if (asset.has(kLossyText)) {
    if (held.empty() && isWhole(text, asset.texts.end()))
      return emitToken(text);
    held.append(text.items, text.size());
    return flush(false);
  }
  if (asset.has(kByteRuns) && (flags & kTokenByte)) {
    held.append(text.items, text.size());
    first = false;
    return;
  }
  flush(false);
  if (first && asset.has(kDropMarker))
    emitWithoutMarkers(asset.piece(token));
  else
    emitToken(text);
  first = false;
}

void llmc_text_stream::keepUnfinished() {
  out.clear();
  const uint8_t *p = held.begin();
  unsigned length;
  while (p < held.end() &&
         classifyUtf8(p, held.end(), length) != Utf8Part::Prefix)
    p += length;
  size_t rest = size_t(held.end() - p);
  if (rest)
    memmove(held.data(), p, rest);
  held.truncate(rest);
}

llmc_text_status llmc_text_stream_open(const llmc_text *text, int skip_special,
                                       llmc_text_stream **out) {
  *out = nullptr;
  if (!text->asset.has(kHasTokenizer))
    return LLMC_TEXT_ABSENT;
  void *memory = malloc(sizeof(llmc_text_stream));
  if (!memory)
    return LLMC_TEXT_NO_MEMORY;
  *out = new (memory) llmc_text_stream(text->asset, skip_special);
  return LLMC_TEXT_OK;
}

static llmc_text_status give(llmc_text_stream *stream, const char **piece,
                             size_t *length) {
  *piece = reinterpret_cast<const char *>(stream->out.data());
  *length = stream->out.size();
  if (!*piece)
    *piece = "";
  return stream->failed() ? LLMC_TEXT_NO_MEMORY : LLMC_TEXT_OK;
}

llmc_text_status llmc_text_stream_push(llmc_text_stream *stream, int32_t id,
                                       const char **piece, size_t *length) {
  stream->out.clear();
  if (id >= 0)
    stream->add(uint32_t(id));
  llmc_text_status status = give(stream, piece, length);
  return id < 0 ? LLMC_TEXT_BAD_INPUT : status;
}

llmc_text_status llmc_text_stream_follow(llmc_text_stream *stream,
                                         const int32_t *ids, size_t count) {
  bool negative = false;
  for (size_t i = 0; i < count; ++i) {
    stream->out.clear();
    if (ids[i] >= 0)
      stream->add(uint32_t(ids[i]));
    negative |= ids[i] < 0;
  }
  stream->keepUnfinished();
  return stream->failed() ? LLMC_TEXT_NO_MEMORY
         : negative       ? LLMC_TEXT_BAD_INPUT
                          : LLMC_TEXT_OK;
}

llmc_text_status llmc_text_stream_finish(llmc_text_stream *stream,
                                         const char **piece, size_t *length) {
  stream->out.clear();
  stream->flush(true);
  stream->restart();
  return give(stream, piece, length);
}

void llmc_text_stream_close(llmc_text_stream *stream) {
  if (!stream)
    return;
  stream->~llmc_text_stream();
  free(stream);
}

void llmc_text_token_bytes(const llmc_text *text, int32_t id,
                           const char **bytes, size_t *length) {
  const Asset &asset = text->asset;
  *bytes = "";
  *length = 0;
  if (!asset.has(kHasTokenizer) || id < 0 ||
      uint32_t(id) >= asset.model->vocabSize ||
      (asset.tokenFlags[id] & (kTokenAbsent | kTokenSpecial)))
    return;
  Bytes piece = asset.text(uint32_t(id));
  *bytes = reinterpret_cast<const char *>(piece.items);
  *length = piece.size();
}

llmc_text_status llmc_text_decode(const llmc_text *text, const int32_t *ids,
                                  size_t count, int skip_special, char **string,
                                  size_t *length, llmc_text_message *message) {
  *string = nullptr;
  *length = 0;
  if (!text->asset.has(kHasTokenizer))
    return report(LLMC_TEXT_ABSENT, message, "the model has no tokenizer");
  llmc_text_stream stream(text->asset, skip_special);
  for (size_t i = 0; i < count; ++i) {
    if (ids[i] < 0)
      return report(LLMC_TEXT_BAD_INPUT, message,
                    "token id %d is negative", int(ids[i]));
    stream.add(uint32_t(ids[i]));
  }
  stream.flush(true);
  stream.out.push(0);
  if (stream.failed())
    return report(LLMC_TEXT_NO_MEMORY, message, "out of memory");
  *length = stream.out.size() - 1;
  *string = reinterpret_cast<char *>(stream.out.release());
  return LLMC_TEXT_OK;
}
