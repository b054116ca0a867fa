// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs steps of a session. Nothing here allocates or fails after its checks.
#include "runtime/session.h"

namespace {

// Holds a session for one call; a second call meanwhile is refused.
class Holder {
public:
  explicit Holder(llmc_session *session)
      : session(session),
        held(!session->busy.exchange(true, std::memory_order_acquire)) {}
  ~Holder() {
    if (held)
      session->busy.store(false, std::memory_order_release);
  }
  explicit operator bool() const { return held; }

private:
  llmc_session *session;
  bool held;
};

bool isToken(const llmc_session &session, int32_t token) {
  return token >= 0 && token < session.model->config->vocab;
}

int32_t roomOf(const llmc_session &session, int32_t sequence) {
  return session.model->config->context - session.lengths[sequence];
}

// Row `row` of the next step: the next position of its sequence.
void setRow(llmc_session &session, int64_t row, int32_t token,
            int32_t sequence) {
  session.tokens[row] = token;
  session.row_sequences[row] = sequence;
  session.positions[row] = session.lengths[sequence]++;
}

void runStep(llmc_session &session, llmc_graph graph, int64_t rows,
             int64_t n_logit_rows, float *logits) {
  session.step.rows = rows;
  session.step.n_logit_rows = n_logit_rows;
  session.step.logits = logits;
  session.pool.run(graph, &session.step);
}

// One prefill step of slot 0; the logits asked for stand at its end.
void prefillChunk(llmc_session &session, const int32_t *tokens, int64_t rows,
                  int64_t n_logit_rows, float *logits) {
  for (int64_t i = 0; i < rows; ++i)
    setRow(session, i, tokens[i], 0);
  for (int64_t i = 0; i < n_logit_rows; ++i)
    session.logit_rows[i] = int32_t(rows - n_logit_rows + i);
  runStep(session, session.variant->prefill, rows, n_logit_rows, logits);
}

} // namespace

llmc_status llmc_session_truncate(llmc_session *session, int32_t sequence,
                                  int32_t length) {
  if (!session)
    return LLMC_INVALID_ARGUMENT;
  Holder holder(session);
  if (!holder)
    return LLMC_BUSY;
  if (sequence < 0 || sequence >= session->sequences || length < 0 ||
      length > session->lengths[sequence])
    return LLMC_INVALID_ARGUMENT;
  session->lengths[sequence] = length;
  return LLMC_OK;
}

void llmc_session_interrupt(llmc_session *session) {
  if (session)
    session->interrupted.store(true, std::memory_order_relaxed);
}

llmc_status llmc_prefill(llmc_session *session, const int32_t *tokens,
                         int64_t n, llmc_logits which, float *logits) {
  if (!session || n < 0 || (n && !tokens) || (which && (!logits || !n)) ||
      which < LLMC_NO_LOGITS || which > LLMC_ALL_ROWS)
    return LLMC_INVALID_ARGUMENT;
  Holder holder(session);
  if (!holder)
    return LLMC_BUSY;
  const llmc_config &config = *session->model->config;
  for (int64_t i = 0; i < n; ++i)
    if (!isToken(*session, tokens[i]))
      return LLMC_INVALID_ARGUMENT;
  if (n > roomOf(*session, 0))
    return LLMC_CONTEXT_FULL;
  session->interrupted.store(false, std::memory_order_relaxed);
  for (int64_t begin = 0; begin < n;) {
    if (session->interrupted.load(std::memory_order_relaxed))
      return LLMC_INTERRUPTED;
    int64_t rows = n - begin < config.rows_max ? n - begin : config.rows_max;
    bool last = begin + rows == n;
    int64_t n_logit_rows = which == LLMC_ALL_ROWS             ? rows
                           : which == LLMC_LAST_ROW && last ? 1
                                                              : 0;
    prefillChunk(*session, tokens + begin, rows, n_logit_rows,
                 n_logit_rows ? logits : nullptr);
    if (which == LLMC_ALL_ROWS)
      logits += rows * config.vocab;
    begin += rows;
  }
  return LLMC_OK;
}

llmc_status llmc_decode(llmc_session *session, int32_t token, float *logits) {
  if (!session)
    return LLMC_INVALID_ARGUMENT;
  Holder holder(session);
  if (!holder)
    return LLMC_BUSY;
  if (!isToken(*session, token))
    return LLMC_INVALID_ARGUMENT;
  if (roomOf(*session, 0) < 1)
    return LLMC_CONTEXT_FULL;
  setRow(*session, 0, token, 0);
  session->logit_rows[0] = 0;
  runStep(*session, session->variant->decode, 1, logits ? 1 : 0, logits);
  return LLMC_OK;
}

llmc_status llmc_step_rows(llmc_session *session, const llmc_row *rows,
                           int64_t n, float *logits) {
  if (!session || !rows || n < 1)
    return LLMC_INVALID_ARGUMENT;
  Holder holder(session);
  if (!holder)
    return LLMC_BUSY;
  if (n > session->model->config->rows_max)
    return LLMC_INVALID_ARGUMENT;
  llmc_status status = LLMC_OK;
  int64_t i = 0, n_logit_rows = 0;
  for (; i < n; ++i) {
    const llmc_row &row = rows[i];
    if (!isToken(*session, row.token) || row.sequence < 0 ||
        row.sequence >= session->sequences || (row.wants_logits && !logits)) {
      status = LLMC_INVALID_ARGUMENT;
      break;
    }
    if (roomOf(*session, row.sequence) < 1) {
      status = LLMC_CONTEXT_FULL;
      break;
    }
    setRow(*session, i, row.token, row.sequence);
    if (row.wants_logits)
      session->logit_rows[n_logit_rows++] = int32_t(i);
  }
  if (status != LLMC_OK) { // nothing was computed, so nothing is appended
    while (i-- > 0)
      --session->lengths[rows[i].sequence];
    return status;
  }
  // One row has the same bits by either graph; decode's kernels are for it.
  const llmc_variant &graphs = *session->variant;
  runStep(*session, n == 1 ? graphs.decode : graphs.prefill, n, n_logit_rows,
          n_logit_rows ? logits : nullptr);
  return LLMC_OK;
}
