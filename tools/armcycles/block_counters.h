/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The counters of blockcount: one per block and thread, in memory that only its
 * thread writes, with the blocks that followed. Included once.
 */
#ifndef ARMCYCLES_BLOCK_COUNTERS_H
#define ARMCYCLES_BLOCK_COUNTERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qemu_plugin.h"

#define MAX_BLOCKS (1u << 20)
#define MAX_VCPUS 4096
#define MAX_MARKS 64
#define MAX_WORDS 4096
#define WAYS 4 /* successors remembered per block */
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum { START = 1, STOP = 2, WITHIN = 4 };
enum { OTHER = 0, CALL = 1, INDIRECT = 2 };

typedef struct block {
    uint64_t addr, end;
    uint32_t id, n;
    uint8_t mark, ending;
    struct block *next; /* in the hash table */
    uint32_t word[];
} block;

typedef struct {
    uint64_t count;
    uint64_t followed[WAYS];
    uint32_t by[WAYS];
    uint64_t pad;
} entry;

typedef struct thread {
    entry *entries; /* MAX_BLOCKS, untouched pages cost nothing */
    uint32_t last;  /* id of the block before; 0: none */
    bool on;        /* this thread's own switch */
    const block *before;
    uint64_t *stack; /* return addresses, for within= only */
    size_t depth, room, inside;
    struct thread *next;
} thread;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static block *table[1 << 16];
static block **by_id;
static uint32_t n_blocks = 1; /* id 0 is "none" */
static thread *vcpu_thread[MAX_VCPUS];
static thread *threads, **threads_end = &threads;
static int counting = 1; /* > 0: on (a number of holders with within=) */
static uint64_t entries_seen;

static void die(const char *what)
{
    fprintf(stderr, "blockcount: %s\n", what);
    _exit(125);
}

static entry *map_entries(void)
{
    void *p = mmap(NULL, MAX_BLOCKS * sizeof(entry), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        die("no memory for counters");
    return p;
}

static thread *new_thread(unsigned int vcpu)
{
    if (vcpu >= MAX_VCPUS)
        die("too many threads at once");
    thread *t = calloc(1, sizeof *t);
    if (!t)
        die("no memory");
    t->entries = map_entries();
    pthread_mutex_lock(&lock);
    *threads_end = t;
    threads_end = &t->next;
    vcpu_thread[vcpu] = t;
    pthread_mutex_unlock(&lock);
    return t;
}

static void on_vcpu_init(qemu_plugin_id_t id, unsigned int vcpu)
{
    (void)id;
    new_thread(vcpu);
}

static void on_vcpu_exit(qemu_plugin_id_t id, unsigned int vcpu)
{
    (void)id;
    if (vcpu < MAX_VCPUS)
        vcpu_thread[vcpu] = NULL; /* the number may be used again */
}

static inline thread *thread_of(unsigned int vcpu)
{
    thread *t = vcpu_thread[vcpu];
    return likely(t != NULL) ? t : new_thread(vcpu);
}

/*
 * Remember the most frequent successors. A block with up to WAYS distinct
 * successors (any direct branch) is counted exactly; with more, the rarest
 * gives way and hands its count on, so that a frequent one always survives.
 */
static void followed_slow(entry *e, uint32_t id)
{
    int least = 0;
    for (int i = 0; i < WAYS; i++) {
        if (e->by[i] == id) {
            e->followed[i]++;
            return;
        }
        if (e->followed[i] < e->followed[least])
            least = i;
    }
    e->by[least] = id;
    e->followed[least]++;
}

static inline void count(thread *t, const block *b)
{
    t->entries[b->id].count++;
    if (likely(t->last)) {
        entry *e = &t->entries[t->last];
        if (likely(e->by[0] == b->id))
            e->followed[0]++;
        else
            followed_slow(e, b->id);
    }
    t->last = b->id;
}

#endif
