/// Mapped files.

#include "Script.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf out_of_file;

static void caught(int number) {
  (void)number;
  siglongjmp(out_of_file, 1);
}

/// `mmap HANDLE LENGTH PROTECTION FLAGS [OFFSET] -> MAP`.
static void call_mmap(struct call *call) {
  static const struct bit protections[] = {{"R", PROT_READ}, {"W", PROT_WRITE}, {"X", PROT_EXEC}, {NULL, 0}};
  static const struct bit known[] = {{"SHARED", MAP_SHARED}, {"PRIVATE", MAP_PRIVATE}, {NULL, 0}};
  size_t length = (size_t)number(call, 2);
  int protection = (int)bits(call, 3, protections), flags = (int)bits(call, 4, known);
  off_t offset = has_word(call, 5) ? number(call, 5) : 0;
  char *memory = mmap(NULL, length, protection, flags, descriptor(call, 1), offset);
  report(call, memory == MAP_FAILED ? -1 : 0);
  if (memory == MAP_FAILED) return;
  struct kept *made = keep(call, NULL);
  made->memory = memory;
  made->length = length;
}

/// Copies between a mapping and a buffer; prints SIGBUS where the file does not reach that far.
static bool copy(struct call *call, struct kept *map, long long offset, char *buffer, size_t length, bool in) {
  if (offset < 0 || (size_t)offset + length > map->length) {
    mistake(call, "outside of the mapping");
    return false;
  }
  signal(SIGBUS, caught);
  if (sigsetjmp(out_of_file, 1)) {
    append(&call->result, "SIGBUS");
    return false;
  }
  if (in) memcpy(map->memory + offset, buffer, length);
  else memcpy(buffer, map->memory + offset, length);
  return true;
}

static void call_mread(struct call *call) {
  struct kept *map = find_kept(call, word(call, 1));
  size_t length = (size_t)number(call, 3);
  char *buffer = aligned(length);
  if (map && copy(call, map, number(call, 2), buffer, length, false)) {
    append_readably(&call->result, buffer, length);
  }
}

static void call_mwrite(struct call *call) {
  struct kept *map = find_kept(call, word(call, 1));
  char *bytes = call->words[3].bytes;
  if (map && copy(call, map, number(call, 2), bytes, word_length(call, 3), true)) report(call, 0);
}

static void call_msync(struct call *call) {
  static const struct bit known[] = {{"SYNC", MS_SYNC}, {"ASYNC", MS_ASYNC}, {"INVALIDATE", MS_INVALIDATE}, {NULL, 0}};
  struct kept *map = find_kept(call, word(call, 1));
  if (map) report(call, msync(map->memory, map->length, (int)bits(call, 2, known)));
}

static void call_munmap(struct call *call) {
  struct kept *map = find_kept(call, word(call, 1));
  if (map) report(call, munmap(map->memory, map->length));
}

const struct command memory_commands[] = {
    {"mmap", 4, 5, call_mmap},     {"mread", 3, 3, call_mread},   {"mwrite", 3, 3, call_mwrite},
    {"msync", 2, 2, call_msync},   {"munmap", 1, 1, call_munmap}, {NULL, 0, 0, NULL},
};
