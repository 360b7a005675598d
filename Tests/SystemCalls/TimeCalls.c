/// Calls on times, and which of them other calls change.

#include "Script.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// A file's status when it was marked.
struct mark {
  char *path;
  struct stat status;
  struct timespec when;
};

static struct mark marks[64];
static int mark_count;

static int compare(struct timespec one, struct timespec other) {
  if (one.tv_sec != other.tv_sec) return one.tv_sec < other.tv_sec ? -1 : 1;
  return one.tv_nsec < other.tv_nsec ? -1 : one.tv_nsec > other.tv_nsec;
}

/// Waits until the clock that files are stamped with shows more than any file can have been stamped with before.
static struct timespec tick(void) {
  struct timespec now, coarse;
  clock_gettime(CLOCK_REALTIME, &now);
  do {
    struct timespec moment = {.tv_nsec = 500000};
    nanosleep(&moment, NULL);
    clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
  } while (compare(coarse, now) <= 0);
  return coarse;
}

static void call_tick(struct call *call) {
  tick();
  report(call, 0);
}

/// The status of what a word names: a path, or `=HANDLE`.
static int status_of(struct call *call, int index, struct stat *status) {
  const char *name = word(call, index);
  if (name[0] != '=') return fstatat(call->directory, name, status, AT_SYMLINK_NOFOLLOW);
  struct kept *file = find_kept(call, name + 1);
  return file ? fstat(file->descriptor, status) : -1;
}

/// `mark PATH…`: remembers the times of files (of links themselves), after a tick.
static void call_mark(struct call *call) {
  struct timespec when = tick();
  for (int i = 1; i < call->count; i++) {
    if (mark_count == sizeof marks / sizeof marks[0]) return mistake(call, "too many marks");
    struct mark *made = &marks[mark_count];
    if (status_of(call, i, &made->status) != 0) return report(call, -1);
    made->path = strdup(word(call, i));
    made->when = when;
    mark_count++;
  }
  report(call, 0);
}

/// A small letter: set to a moment since the mark. A capital one: changed to something else.
static void append_change(struct text *text, char letter, struct timespec before, struct timespec after,
                          struct timespec since) {
  if (compare(before, after) == 0) return;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  bool fresh = compare(after, since) >= 0 && compare(after, now) <= 0;
  append(text, "%c", fresh ? letter : letter - 'a' + 'A');
}

/// `changed PATH [MARKED-AS]`: which of mtime and ctime changed since the mark. `accessed` prints the same of atime.
static void call_changed(struct call *call) {
  const char *marked = word(call, has_word(call, 2) ? 2 : 1);
  struct stat now;
  int last = mark_count - 1;
  while (last >= 0 && strcmp(marks[last].path, marked) != 0) last--;
  if (last < 0) return mistake(call, "not marked");
  if (status_of(call, 1, &now) != 0) return report(call, -1);
  const struct stat *before = &marks[last].status;
  if (strcmp(word(call, 0), "accessed") == 0) {
    append_change(&call->result, 'a', before->st_atim, now.st_atim, marks[last].when);
  } else {
    append_change(&call->result, 'm', before->st_mtim, now.st_mtim, marks[last].when);
    append_change(&call->result, 'c', before->st_ctim, now.st_ctim, marks[last].when);
  }
  if (!call->result.length) append(&call->result, "-");
}

/// `fresh PATH…`: whether all three times of files are moments since the last mark.
static void call_fresh(struct call *call) {
  if (!mark_count) return mistake(call, "nothing is marked");
  struct timespec since = marks[mark_count - 1].when, now;
  for (int i = 1; i < call->count; i++) {
    struct stat status;
    if (status_of(call, i, &status) != 0) return report(call, -1);
    clock_gettime(CLOCK_REALTIME, &now);
    const struct timespec *times[] = {&status.st_atim, &status.st_mtim, &status.st_ctim};
    append(&call->result, i > 1 ? " " : "");
    for (int time = 0; time < 3; time++) {
      bool fresh = compare(*times[time], since) >= 0 && compare(*times[time], now) <= 0;
      append(&call->result, "%c", fresh ? "amc"[time] : '-');
    }
  }
}

/// A time: `now`, `omit`, SECONDS or SECONDS.NANOSECONDS.
static struct timespec parse_time(struct call *call, int index) {
  const char *text = word(call, index);
  if (strcmp(text, "now") == 0) return (struct timespec){.tv_nsec = UTIME_NOW};
  if (strcmp(text, "omit") == 0) return (struct timespec){.tv_nsec = UTIME_OMIT};
  char *end = NULL;
  struct timespec time = {.tv_sec = strtoll(text, &end, 10)};
  if (*end == '.') time.tv_nsec = strtol(end + 1, &end, 10);
  if (*end || end == text) mistake(call, "not a time");
  return time;
}

/// `utimensat PATH ATIME MTIME [NOFOLLOW]`; `null` alone instead of times is no pointer to them.
static void call_utimensat(struct call *call) {
  static const struct bit flags[] = {{"NOFOLLOW", AT_SYMLINK_NOFOLLOW}, {"UNKNOWN", 0x800000}, {NULL, 0}};
  if (strcmp(word(call, 2), "null") == 0) {
    return report(call, utimensat(call->directory, word(call, 1), NULL, (int)bits(call, 3, flags)));
  }
  struct timespec times[] = {parse_time(call, 2), parse_time(call, 3)};
  report(call, utimensat(call->directory, word(call, 1), times, (int)bits(call, 4, flags)));
}

static void call_futimens(struct call *call) {
  struct timespec times[] = {parse_time(call, 2), parse_time(call, 3)};
  report(call, futimens(descriptor(call, 1), times));
}

const struct command time_commands[] = {
    {"tick", 0, 0, call_tick},
    {"mark", 1, 20, call_mark},
    {"changed", 1, 2, call_changed},
    {"accessed", 1, 2, call_changed},
    {"fresh", 1, 20, call_fresh},
    {"utimensat", 2, 4, call_utimensat},
    {"futimens", 3, 3, call_futimens},
    {NULL, 0, 0, NULL},
};
