/// The text form of an operation: one line, read by people and by `init(parsing:)`.
extension Operation: CustomStringConvertible {
  package var description: String { words.joined(separator: " ") }

  private var words: [String] {
    switch self {
    case .open(let slot, let path, let access, let opening, let mode):
      ["open", "@\(slot)", "\(path)", access.rawValue, opening.rawValue, octal(mode)]
    case .close(let slot): ["close", "@\(slot)"]
    case .create(let path, let mode, let exclusive):
      ["create", "\(path)", octal(mode), exclusive ? "exclusive" : "any"]
    case .read(let target, let offset, let count): ["read", "\(target)", "\(offset)", "\(count)"]
    case .write(let target, let offset, let fill): ["write", "\(target)", "\(offset)", "\(fill)"]
    case .append(let path, let fill): ["append", "\(path)", "\(fill)"]
    case .overwrite(let path, let fill): ["overwrite", "\(path)", "\(fill)"]
    case .truncate(let target, let size): ["truncate", "\(target)", "\(size)"]
    case .allocate(let target, let mode, let offset, let length):
      ["allocate", "\(target)", mode.rawValue, "\(offset)", "\(length)"]
    case .map(let target, let offset, let fill): ["map", "\(target)", "\(offset)", "\(fill)"]
    case .seek(let target, let boundary, let offset): ["seek", "\(target)", boundary.rawValue, "\(offset)"]
    case .copy(let source, let from, let target, let to, let length):
      ["copy", "\(source)", "\(from)", "\(target)", "\(to)", "\(length)"]
    case .sync(let slot, let dataOnly): ["sync", "@\(slot)", dataOnly ? "data" : "all"]
    case .status(let target): ["status", "\(target)"]
    case .list(let target): ["list", "\(target)"]
    case .chmod(let target, let mode): ["chmod", "\(target)", octal(mode)]
    case .chown(let target, let user, let group): ["chown", "\(target)", "\(user)", "\(group)"]
    case .setTimes(let target, let access, let modification):
      ["times", "\(target)", "\(access)", "\(modification)"]
    case .setAttribute(let target, let name, let fill, let rule):
      ["setxattr", "\(target)", name, "\(fill)", rule.rawValue]
    case .removeAttribute(let target, let name): ["removexattr", "\(target)", name]
    case .attributes(let target): ["xattrs", "\(target)"]
    case .unlink(let path): ["unlink", "\(path)"]
    case .makeDirectory(let path, let mode): ["mkdir", "\(path)", octal(mode)]
    case .removeDirectory(let path): ["rmdir", "\(path)"]
    case .rename(let old, let new, let rule): ["rename", "\(old)", "\(new)", rule.rawValue]
    case .link(let old, let new): ["link", "\(old)", "\(new)"]
    case .symlink(let target, let path): ["symlink", "\(target)", "\(path)"]
    case .readlink(let path): ["readlink", "\(path)"]
    case .fifo(let path, let mode): ["fifo", "\(path)", octal(mode)]
    case .clear(let path): ["clear", "\(path)"]
    case .disturb(let disturbance): ["disturb", disturbance.rawValue]
    }
  }

  private func octal(_ mode: UInt32) -> String { String(mode, radix: 8) }

  /// A line that is no operation.
  package struct ParsingFailure: Error, CustomStringConvertible {
    package let line: String
    package var description: String { "not an operation: \(line)" }
  }

  /// Reads the text form.
  package init(parsing line: String) throws(ParsingFailure) {
    var words = WordReader(line)
    guard let operation = Self.read(&words), words.isAtEnd else { throw ParsingFailure(line: line) }
    self = operation
  }

  /// Reads lines; empty ones and what follows a `#` at the beginning of a line are left out.
  package static func parse(_ text: String) throws(ParsingFailure) -> [Operation] {
    var operations: [Operation] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      operations.append(try Operation(parsing: String(line)))
    }
    return operations
  }

  private static func read(_ words: inout WordReader) -> Operation? {
    switch words.word() {
    case "create", "open", "close", "read", "write", "append", "overwrite", "truncate", "allocate", "map", "seek",
      "copy", "sync":
      readData(&words)
    case "disturb": words.choice(Disturbance.self).map { .disturb($0) }
    default: readName(&words) ?? readMetadata(&words)
    }
  }

  private static func readData(_ words: inout WordReader) -> Operation? {
    switch words.verb {
    case "open":
      all(words.slot(), words.path(), words.choice(Access.self), words.choice(Opening.self), words.octal())
        .map { .open(slot: $0, $1, $2, $3, mode: $4) }
    case "close": words.slot().map { .close(slot: $0) }
    case "create":
      all(words.path(), words.octal(), words.flag("exclusive")).map { .create($0, mode: $1, exclusive: $2) }
    case "read": all(words.target(), words.number(), words.number()).map { .read($0, offset: $1, count: $2) }
    case "write": all(words.target(), words.number(), words.fill()).map { .write($0, offset: $1, $2) }
    case "append": all(words.path(), words.fill()).map { .append($0, $1) }
    case "overwrite": all(words.path(), words.fill()).map { .overwrite($0, $1) }
    case "truncate": all(words.target(), words.number()).map { .truncate($0, size: $1) }
    case "allocate":
      all(words.target(), words.choice(Allocation.self), words.number(), words.number())
        .map { .allocate($0, $1, offset: $2, length: $3) }
    case "map": all(words.target(), words.number(), words.fill()).map { .map($0, offset: $1, $2) }
    case "seek":
      all(words.target(), words.choice(Boundary.self), words.number()).map { .seek($0, $1, offset: $2) }
    case "copy":
      all(words.target(), words.number(), words.target(), words.number(), words.number())
        .map { .copy(from: $0, offset: $1, to: $2, at: $3, length: $4) }
    case "sync": all(words.slot(), words.flag("data")).map { .sync(slot: $0, dataOnly: $1) }
    default: nil
    }
  }

  private static func readMetadata(_ words: inout WordReader) -> Operation? {
    switch words.verb {
    case "status": words.target().map { .status($0) }
    case "list": words.target().map { .list($0) }
    case "chmod": all(words.target(), words.octal()).map { .chmod($0, mode: $1) }
    case "chown": all(words.target(), words.number(), words.number()).map { .chown($0, user: $1, group: $2) }
    case "times":
      all(words.target(), words.time(), words.time()).map { .setTimes($0, access: $1, modification: $2) }
    case "setxattr":
      all(words.target(), words.word(), words.fill(), words.choice(AttributeRule.self))
        .map { .setAttribute($0, name: String($1), $2, $3) }
    case "removexattr": all(words.target(), words.word()).map { .removeAttribute($0, name: String($1)) }
    case "xattrs": words.target().map { .attributes($0) }
    default: nil
    }
  }

  private static func readName(_ words: inout WordReader) -> Operation? {
    switch words.verb {
    case "unlink": words.path().map { .unlink($0) }
    case "mkdir": all(words.path(), words.octal()).map { .makeDirectory($0, mode: $1) }
    case "rmdir": words.path().map { .removeDirectory($0) }
    case "rename": all(words.path(), words.path(), words.choice(Renaming.self)).map { .rename($0, $1, $2) }
    case "link": all(words.path(), words.path()).map { .link($0, $1) }
    case "symlink": all(words.path(), words.path()).map { .symlink(target: $0, $1) }
    case "readlink": words.path().map { .readlink($0) }
    case "fifo": all(words.path(), words.octal()).map { .fifo($0, mode: $1) }
    case "clear": words.path().map { .clear($0) }
    default: nil
    }
  }

  /// All of the values, or nil where one is missing.
  private static func all<each Value>(_ value: repeat (each Value)?) -> (repeat each Value)? {
    func some<Element>(_ value: Element?) throws(Missing) -> Element {
      guard let value else { throw Missing() }
      return value
    }
    return try? (repeat some(each value))
  }

  private struct Missing: Error {}
}

extension Operation.Target: CustomStringConvertible {
  package var description: String {
    switch self {
    case .path(let path): "\(path)"
    case .entry(let path): "=\(path)"
    case .slot(let slot): "@\(slot)"
    }
  }
}

extension Operation.TimeSetting: CustomStringConvertible {
  package var description: String {
    switch self {
    case .omit: "omit"
    case .now: "now"
    case .nanoseconds(let value): "\(value)"
    }
  }
}

extension Fill: CustomStringConvertible {
  package var description: String { "\(seed)x\(count)" }
}
