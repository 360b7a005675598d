/// Calls on extended attributes. A prefix says of what: none follows links, `l` does not, `f` takes an open file.

#include "Script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

enum { most_bytes = 1 << 17 };

static char prefix(struct call *call) {
  char first = word(call, 0)[0];
  return first == 'l' && strncmp(word(call, 0), "listxattr", 9) != 0 ? 'l' : first == 'f' ? 'f' : 0;
}

/// `getxattr PATH NAME [SIZE]`: a size of 0 asks for the size.
static void call_getxattr(struct call *call) {
  char *value = aligned(most_bytes);
  size_t size = has_word(call, 3) ? (size_t)number(call, 3) : most_bytes;
  const char *path = word(call, 1), *name = word(call, 2);
  ssize_t length;
  switch (prefix(call)) {
  case 'l': length = lgetxattr(path, name, value, size); break;
  case 'f': length = fgetxattr(descriptor(call, 1), name, value, size); break;
  default: length = getxattr(path, name, value, size); break;
  }
  report_number(call, length);
  if (length <= 0 || size == 0) return;
  append(&call->result, " ");
  append_readably(&call->result, value, (size_t)length);
}

/// `setxattr PATH NAME VALUE [FLAGS]`.
static void call_setxattr(struct call *call) {
  static const struct bit known[] = {{"CREATE", XATTR_CREATE}, {"REPLACE", XATTR_REPLACE}, {"UNKNOWN", 0x100}, {NULL, 0}};
  const char *path = word(call, 1), *name = word(call, 2), *value = word(call, 3);
  size_t length = word_length(call, 3);
  int flags = (int)bits(call, 4, known);
  switch (prefix(call)) {
  case 'l': return report(call, lsetxattr(path, name, value, length, flags));
  case 'f': return report(call, fsetxattr(descriptor(call, 1), name, value, length, flags));
  default: return report(call, setxattr(path, name, value, length, flags));
  }
}

static void call_removexattr(struct call *call) {
  const char *path = word(call, 1), *name = word(call, 2);
  switch (prefix(call)) {
  case 'l': return report(call, lremovexattr(path, name));
  case 'f': return report(call, fremovexattr(descriptor(call, 1), name));
  default: return report(call, removexattr(path, name));
  }
}

/// `listxattr PATH [SIZE]`: the names in order; with a size, only what the call returns.
static void call_listxattr(struct call *call) {
  char *names = aligned(most_bytes);
  size_t size = has_word(call, 2) ? (size_t)number(call, 2) : most_bytes;
  const char *path = word(call, 1);
  ssize_t length;
  switch (prefix(call)) {
  case 'l': length = llistxattr(path, names, size); break;
  case 'f': length = flistxattr(descriptor(call, 1), names, size); break;
  default: length = listxattr(path, names, size); break;
  }
  if (length < 0 || has_word(call, 2)) return report_number(call, length);
  char *words[256];
  size_t count = 0;
  for (char *name = names; name < names + length && count < 256; name += strlen(name) + 1) words[count++] = name;
  append(&call->result, "%zu", count);
  if (count) append(&call->result, " ");
  append_sorted(&call->result, words, count);
}

const struct command attribute_commands[] = {
    {"getxattr", 2, 3, call_getxattr},
    {"lgetxattr", 2, 3, call_getxattr},
    {"fgetxattr", 2, 3, call_getxattr},
    {"setxattr", 3, 4, call_setxattr},
    {"lsetxattr", 3, 4, call_setxattr},
    {"fsetxattr", 3, 4, call_setxattr},
    {"removexattr", 2, 2, call_removexattr},
    {"lremovexattr", 2, 2, call_removexattr},
    {"fremovexattr", 2, 2, call_removexattr},
    {"listxattr", 1, 2, call_listxattr},
    {"llistxattr", 1, 2, call_listxattr},
    {"flistxattr", 1, 2, call_listxattr},
    {NULL, 0, 0, NULL},
};
