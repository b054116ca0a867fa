/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The part of QEMU's plugin ABI that blockcount uses, declared by hand so that
 * no QEMU header is needed. API 1: QEMU up to 8.x; API 2 and later: 9.0 on.
 */
#ifndef ARMCYCLES_QEMU_PLUGIN_H
#define ARMCYCLES_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ARMCYCLES_API
#define ARMCYCLES_API 1
#endif
#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef struct {
    const char *target_name;
    struct { int min, cur; } version;
    bool system_emulation;
} qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef void (*exec_cb)(unsigned int, void *);

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *);
/* One symbol, two shapes: a pointer up to API 2, a copy from API 3 on. */
extern void qemu_plugin_insn_data(void);
extern uint64_t qemu_plugin_start_code(void);
extern void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(
    struct qemu_plugin_tb *, exec_cb, enum qemu_plugin_cb_flags, void *);
extern void qemu_plugin_register_vcpu_insn_exec_cb(
    struct qemu_plugin_insn *, exec_cb, enum qemu_plugin_cb_flags, void *);
extern void qemu_plugin_register_vcpu_init_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, unsigned int));
extern void qemu_plugin_register_vcpu_exit_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, unsigned int));
extern void qemu_plugin_register_atexit_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

#endif
