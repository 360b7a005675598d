/// Text that scripts consist of and that results are printed as.

#include "Script.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void) {
  fputs("out of memory\n", stderr);
  exit(3);
}

void append_bytes(struct text *text, const char *bytes, size_t length) {
  char *grown = realloc(text->bytes, text->length + length + 1);
  if (!grown) out_of_memory();
  if (length) memcpy(grown + text->length, bytes, length);
  text->bytes = grown;
  text->length += length;
  text->bytes[text->length] = 0;
}

void append(struct text *text, const char *format, ...) {
  char *formatted = NULL;
  va_list values;
  va_start(values, format);
  int length = vasprintf(&formatted, format, values);
  va_end(values);
  if (length < 0) out_of_memory();
  append_bytes(text, formatted, (size_t)length);
  free(formatted);
}

void append_readably(struct text *text, const char *bytes, size_t length) {
  for (size_t start = 0; start < length;) {
    unsigned char byte = (unsigned char)bytes[start];
    size_t end = start + 1;
    while (end < length && (unsigned char)bytes[end] == byte) end++;
    size_t shown = end - start > 8 ? 1 : end - start;
    if (end - start > 8) append(text, "{");
    for (size_t i = 0; i < shown; i++) append(text, isgraph(byte) && byte != '%' ? "%c" : "%%%02x", byte);
    if (end - start > 8) append(text, "*%zu}", end - start);
    start = end;
  }
}

static int compare_words(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

void append_sorted(struct text *text, char **words, size_t count) {
  if (count) qsort(words, count, sizeof *words, compare_words);
  for (size_t i = 0; i < count; i++) {
    if (i) append(text, ",");
    append_readably(text, words[i], strlen(words[i]));
  }
}

const char *word(struct call *call, int index) { return index < call->count ? call->words[index].bytes : ""; }

size_t word_length(struct call *call, int index) { return index < call->count ? call->words[index].length : 0; }

bool has_word(struct call *call, int index) { return index < call->count; }

void mistake(struct call *call, const char *what) {
  call->result.length = 0;
  append(&call->result, "? %s", what);
}

long long number(struct call *call, int index) {
  const char *text = word(call, index);
  char *end = NULL;
  long long value = strtoll(text, &end, 0);
  if (end != text && *end == 'K') value *= 1024, end++;
  if (end != text && *end == 'M') value *= 1024 * 1024, end++;
  if (end == text || *end) mistake(call, "not a number");
  return value;
}

void report(struct call *call, long long returned) {
  if (call->result.length && call->result.bytes[0] == '?') return;
  append(&call->result, "%s", returned < 0 ? strerrorname_np(errno) : "ok");
}

void report_number(struct call *call, long long returned) {
  if (returned < 0 || (call->result.length && call->result.bytes[0] == '?')) return report(call, returned);
  append(&call->result, "%lld", returned);
}

long long bits(struct call *call, int index, const struct bit *known) {
  long long result = 0;
  const char *rest = word(call, index);
  while (*rest && strcmp(rest, "-") != 0) {
    size_t length = strcspn(rest, ",");
    const struct bit *bit = known;
    while (bit->name && (strlen(bit->name) != length || strncmp(bit->name, rest, length) != 0)) bit++;
    if (!bit->name) {
      mistake(call, "unknown flag");
      return 0;
    }
    result |= bit->value;
    rest += length + (rest[length] == ',');
  }
  return result;
}

char *aligned(size_t size) {
  void *buffer = NULL;
  if (posix_memalign(&buffer, 4096, size ? size : 1) != 0) out_of_memory();
  return buffer;
}
