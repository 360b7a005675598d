/// Makes a call out of a line of a script, and remembers what calls leave open.

#include "Script.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char scenario_id[16] = "";

static const struct command *const tables[] = {
    attribute_commands, directory_commands, file_commands,    identity_commands, lock_commands,   memory_commands,
    name_commands,      peer_commands,      position_commands, process_commands,  status_commands, time_commands,
};

static struct kept kept[128];
static int kept_count;

static void fill(struct text *text, char byte, size_t count) {
  while (count--) append_bytes(text, &byte, 1);
}

/// An access control list as the kernel takes it: the owner may read and write, and one more user may read.
static void append_list(struct text *text, unsigned user) {
  struct entry {
    unsigned short tag, permissions;
    unsigned id;
  } entries[] = {{1, 6, ~0u}, {2, 4, user}, {4, 0, ~0u}, {16, 4, ~0u}, {32, 0, ~0u}};
  unsigned version = 2;
  append_bytes(text, (const char *)&version, sizeof version);
  append_bytes(text, (const char *)entries, sizeof entries);
}

/// `@nameN`: a name of N bytes. `@pathN:P`: P, in a path of N bytes. `@zerosN`, `@fillN:c`: bytes to write.
/// `@aclUID`: the value of an access control list.
static bool generate(struct text *text, const char *what) {
  size_t count = 0;
  int used = 0;
  if (strcmp(what, "id") == 0) append(text, "%s", scenario_id);
  else if (sscanf(what, "acl%zu", &count) == 1) append_list(text, (unsigned)count);
  else if (strcmp(what, "empty") == 0) append(text, "%s", "");
  else if (sscanf(what, "name%zu%n", &count, &used) == 1) fill(text, 'n', count), append(text, "%s", what + used);
  else if (sscanf(what, "zeros%zu", &count) == 1) fill(text, 0, count);
  else if (sscanf(what, "fill%zu:%n", &count, &used) == 1 && used) fill(text, what[used], count);
  else if (sscanf(what, "path%zu:%n", &count, &used) == 1 && used && strlen(what + used) <= count) {
    size_t rest = count - strlen(what + used);
    for (; rest >= 2; rest -= 2) append(text, "./");
    if (rest && text->length) append(text, "/");
    append(text, "%s", what + used);
  } else return false;
  return true;
}

/// Takes a word as the script has it: `%XX` is a byte, `@` begins what is generated, up to the word's end.
static bool expand(struct text *text, const char *word, size_t length) {
  append(text, "%s", "");
  for (size_t i = 0; i < length; i++) {
    char byte = word[i];
    if (byte == '@' && (i == 0 || word[i - 1] == '/') && i + 1 < length) {
      char what[512];
      snprintf(what, sizeof what, "%.*s", (int)(length - i) - 1, word + i + 1);
      return generate(text, what);
    }
    if (byte == '%') {
      unsigned value;
      if (i + 2 >= length || sscanf(word + i + 1, "%2x", &value) != 1) return false;
      byte = (char)value;
      i += 2;
    }
    append_bytes(text, &byte, 1);
  }
  return true;
}

static bool parse(struct call *call, const char *line) {
  while (*line) {
    while (isspace((unsigned char)*line)) line++;
    size_t length = strcspn(line, " \t");
    if (!length) break;
    if (call->count == sizeof call->words / sizeof call->words[0]) return false;
    if (!expand(&call->words[call->count++], line, length)) return false;
    line += length;
  }
  if (call->count > 2 && strcmp(word(call, call->count - 2), "->") == 0) {
    call->into = word(call, call->count - 1);
    call->count -= 2;
  }
  return call->count > 0;
}

/// Takes the prefix `at HANDLE` or `at HANDLE,HANDLE` off: what relative paths start at.
static void take_directories(struct call *call) {
  if (strcmp(word(call, 0), "at") != 0 || call->count < 3) return;
  char *first = call->words[1].bytes, *comma = strchr(first, ',');
  if (comma) *comma = 0;
  struct kept *one = find_kept(call, first), *other = comma ? find_kept(call, comma + 1) : one;
  if (one && other) call->directory = one->descriptor, call->target = other->descriptor;
  for (int i = 0; i < 2; i++) free(call->words[i].bytes);
  call->count -= 2;
  memmove(call->words, call->words + 2, sizeof call->words[0] * (size_t)call->count);
  memset(call->words + call->count, 0, sizeof call->words[0] * 2);
}

static void dispatch(struct call *call) {
  for (size_t table = 0; table < sizeof tables / sizeof tables[0]; table++) {
    for (const struct command *command = tables[table]; command->name; command++) {
      if (strcmp(command->name, word(call, 0)) != 0) continue;
      if (call->count - 1 < command->fewest || call->count - 1 > command->most) return mistake(call, "wrong count");
      limit_files(true);
      command->run(call);
      return limit_files(false);
    }
  }
  mistake(call, "unknown call");
}

/// The rest of a line after a prefix and the word that follows it; NULL if the line has another prefix.
static const char *after_prefix(const char *line, const char *prefix, char *word, size_t size) {
  line += strspn(line, " \t");
  size_t length = strlen(prefix);
  if (strncmp(line, prefix, length) != 0) return NULL;
  line += length;
  size_t used = strcspn(line, " ");
  snprintf(word, size, "%.*s", (int)used, line);
  return line + used;
}

/// `each WORD,WORD… CALL…`: makes the call with each word in the place of `{}`.
static void run_for_each(char *words, const char *line, struct text *result) {
  char *word;
  for (bool first = true; (word = strsep(&words, ",")); first = false) {
    struct text filled = {0};
    const char *rest = line, *place;
    for (; (place = strstr(rest, "{}")); rest = place + 2) append(&filled, "%.*s%s", (int)(place - rest), rest, word);
    append(&filled, "%s", rest);
    append(result, first ? "%s:" : ", %s:", word);
    run_line(filled.bytes, result);
    free(filled.bytes);
  }
}

/// `as UID[:GID[:GROUP,GROUP…]] CALL…`: makes one call as somebody else.
static void run_as(char *user, const char *line, struct text *result) {
  struct text become = {0}, said = {0};
  append(&become, "user ");
  for (; *user; user++) append(&become, "%c", *user == ':' ? ' ' : *user);
  run_line(become.bytes, &said);
  if (strcmp(said.bytes, "ok") == 0) run_line(line, result);
  else append(result, "? cannot become somebody else");
  run_line("root", &said);
  free(become.bytes);
  free(said.bytes);
}

void run_line(const char *line, struct text *result) {
  char prefix_word[1024];
  const char *rest = after_prefix(line, "each ", prefix_word, sizeof prefix_word);
  if (rest) return run_for_each(prefix_word, rest, result);
  rest = after_prefix(line, "as ", prefix_word, sizeof prefix_word);
  if (rest) return run_as(prefix_word, rest, result);
  struct call *call = calloc(1, sizeof *call);
  if (!call) abort();
  call->directory = call->target = AT_FDCWD;
  append(&call->result, "%s", "");
  if (parse(call, line)) take_directories(call);
  else mistake(call, "cannot be read");
  if (!call->result.length) dispatch(call);
  append_bytes(result, call->result.bytes, call->result.length);
  for (size_t i = 0; i < sizeof call->words / sizeof call->words[0]; i++) free(call->words[i].bytes);
  free(call->result.bytes);
  free(call);
}

struct kept *find_kept(struct call *call, const char *name) {
  for (int i = kept_count - 1; i >= 0; i--) {
    if (strcmp(kept[i].name, name) == 0) return &kept[i];
  }
  mistake(call, "nothing is kept under this name");
  return NULL;
}

int descriptor(struct call *call, int index) {
  struct kept *found = find_kept(call, word(call, index));
  if (!found) return -1;
  return found->stream ? dirfd(found->stream) : found->descriptor;
}

struct kept *keep(struct call *call, const char *name) {
  if (!name) name = call->into;
  if (!name || kept_count == sizeof kept / sizeof kept[0]) {
    mistake(call, "nothing to keep it as");
    abort();
  }
  struct kept *made = &kept[kept_count++];
  *made = (struct kept){.name = strdup(name), .descriptor = -1};
  return made;
}

void keep_descriptor(struct call *call, int opened) {
  report(call, opened);
  if (opened < 0) return;
  if (call->into) keep(call, NULL)->descriptor = opened;
  else close(opened);
}
