/// Directory streams. File systems list in any order, so what they showed is collected and printed sorted.

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void call_opendir(struct call *call) {
  int opened = openat(call->directory, word(call, 1), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = opened < 0 ? NULL : fdopendir(opened);
  report(call, stream ? 0 : -1);
  if (stream) keep(call, NULL)->stream = stream;
}

static DIR *stream_of(struct call *call, struct kept **found) {
  *found = find_kept(call, word(call, 1));
  if (*found && (*found)->stream) return (*found)->stream;
  mistake(call, "not a directory stream");
  return NULL;
}

/// `readdir STREAM [COUNT]`: reads so many entries, or all; prints how many there were.
static void call_readdir(struct call *call) {
  struct kept *directory;
  DIR *stream = stream_of(call, &directory);
  long long wanted = has_word(call, 2) ? number(call, 2) : -1, count = 0;
  if (!stream) return;
  errno = 0;
  while (count != wanted) {
    struct dirent *entry = readdir(stream);
    if (!entry) break;
    append_bytes(&directory->seen, entry->d_name, strlen(entry->d_name) + 1);
    count++;
  }
  report_number(call, errno ? -1 : count);
}

/// `drain STREAM`: reads what is left, where nobody says how much that is.
static void call_drain(struct call *call) {
  struct kept *directory;
  DIR *stream = stream_of(call, &directory);
  if (!stream) return;
  struct dirent *entry;
  for (errno = 0; (entry = readdir(stream));) append_bytes(&directory->seen, entry->d_name, strlen(entry->d_name) + 1);
  report(call, errno ? -1 : 0);
}

/// `seen STREAM [PREFIX]`: the names shown since it was opened or `forget`, sorted, with repeated ones.
static void call_seen(struct call *call) {
  struct kept *directory;
  if (!stream_of(call, &directory)) return;
  const char *wanted = word(call, 2), *names = directory->seen.bytes;
  char **words = calloc(directory->seen.length + 1, sizeof *words);
  size_t count = 0;
  for (size_t i = 0; words && i < directory->seen.length; i += strlen(names + i) + 1) {
    if (strncmp(names + i, wanted, strlen(wanted)) == 0) words[count++] = directory->seen.bytes + i;
  }
  append(&call->result, "%zu ", count);
  append_sorted(&call->result, words, count);
  free(words);
}

/// `all-once STREAM PREFIX COUNT`: whether PREFIX0 … were each shown once; for many entries.
static void call_all_once(struct call *call) {
  struct kept *directory;
  if (!stream_of(call, &directory)) return;
  long long count = number(call, 3), missing = 0, repeated = 0;
  int *times = calloc((size_t)count + 1, sizeof *times);
  const char *prefix = word(call, 2), *names = directory->seen.bytes;
  for (size_t i = 0; times && i < directory->seen.length; i += strlen(names + i) + 1) {
    if (strncmp(names + i, prefix, strlen(prefix)) != 0) continue;
    long long index = atoll(names + i + strlen(prefix));
    if (index >= 0 && index < count) times[index]++;
  }
  for (long long i = 0; times && i < count; i++) missing += times[i] == 0, repeated += times[i] > 1;
  append(&call->result, "missing=%lld repeated=%lld", missing, repeated);
  free(times);
}

static void call_forget(struct call *call) {
  struct kept *directory;
  if (!stream_of(call, &directory)) return;
  directory->seen.length = 0;
  report(call, 0);
}

static void call_telldir(struct call *call) {
  struct kept *directory;
  DIR *stream = stream_of(call, &directory);
  if (!stream) return;
  long position = telldir(stream);
  report(call, position);
  keep(call, NULL)->position = position;
}

static void call_seekdir(struct call *call) {
  struct kept *directory, *place = find_kept(call, word(call, 2));
  DIR *stream = stream_of(call, &directory);
  if (!stream || !place) return;
  seekdir(stream, place->position);
  report(call, 0);
}

static void call_rewinddir(struct call *call) {
  struct kept *directory;
  DIR *stream = stream_of(call, &directory);
  if (!stream) return;
  rewinddir(stream);
  report(call, 0);
}

/// `again STREAM COUNT`: reads COUNT entries, seeks back to where they began, and compares with what comes then.
static void call_again(struct call *call) {
  struct kept *directory;
  DIR *stream = stream_of(call, &directory);
  if (!stream) return;
  long long count = number(call, 2);
  long place = telldir(stream);
  struct text rounds[2] = {{0}};
  for (int round = 0; round < 2; round++) {
    append(&rounds[round], "/");
    for (long long i = 0; i < count; i++) {
      struct dirent *entry = readdir(stream);
      append(&rounds[round], "%s/", entry ? entry->d_name : "");
    }
    if (round == 0) seekdir(stream, place);
  }
  bool equal = strcmp(rounds[0].bytes, rounds[1].bytes) == 0;
  append(&call->result, equal ? "equal" : "different");
}

static const char *entry_type(unsigned char type) {
  switch (type) {
  case DT_REG: return "file";
  case DT_DIR: return "directory";
  case DT_LNK: return "symlink";
  case DT_FIFO: return "fifo";
  case DT_SOCK: return "socket";
  case DT_CHR: return "char";
  case DT_BLK: return "block";
  default: return "unknown";
  }
}

/// `list PATH`: every entry with its type, sorted; `!` where its number is not the file's.
static void call_list(struct call *call) {
  int opened = openat(call->directory, word(call, 1), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = opened < 0 ? NULL : fdopendir(opened);
  if (!stream) return report(call, -1);
  char *words[1024];
  size_t count = 0;
  struct dirent *entry;
  while (count < 1024 && (entry = readdir(stream))) {
    struct stat status;
    bool parent = strcmp(entry->d_name, "..") == 0;
    bool known = fstatat(opened, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    bool same = parent || !known || status.st_ino == entry->d_ino;
    struct text shown = {0};
    append(&shown, "%s:%s%s", entry->d_name, entry_type(entry->d_type), same ? "" : "!");
    words[count++] = shown.bytes;
  }
  append_sorted(&call->result, words, count);
  closedir(stream);
}

const struct command directory_commands[] = {
    {"opendir", 1, 1, call_opendir},
    {"readdir", 1, 2, call_readdir},
    {"drain", 1, 1, call_drain},
    {"seen", 1, 2, call_seen},
    {"all-once", 3, 3, call_all_once},
    {"forget", 1, 1, call_forget},
    {"telldir", 1, 1, call_telldir},
    {"seekdir", 2, 2, call_seekdir},
    {"rewinddir", 1, 1, call_rewinddir},
    {"again", 2, 2, call_again},
    {"list", 1, 1, call_list},
    {NULL, 0, 0, NULL},
};
