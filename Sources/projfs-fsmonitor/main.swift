// Asks the server of a view what changed, for git: the hook `core.fsmonitor`, version 2 of its protocol.
//
// usage: fsmonitor 2 TOKEN
//
// git runs it at each command that looks at the working tree, so it starts with nothing but the C library. It is found
// in the view's state directory, where the server's socket is. Every failure is an exit code: git then takes everything
// as changed.

import Glibc

/// Writes all bytes, or ends the program.
func writeAll(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) {
  var rest = bytes
  while !rest.isEmpty {
    let count = write(descriptor, rest.baseAddress, rest.count)
    if count < 0 {
      guard errno == EINTR else { exit(1) }
      continue
    }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
  }
}

/// The directory that a path is in.
func directory(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// A connection to the socket in `directory`, by way of a descriptor: its path may be longer than an address can be.
func connect(in directory: String) -> CInt {
  let place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  let connection = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
  guard place >= 0, connection >= 0 else { exit(1) }
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let path = "/proc/self/fd/\(place)/control.sock"
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
  let outcome = withUnsafePointer(to: address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  guard outcome == 0 else { exit(1) }
  return connection
}

/// A file of /proc, or nothing.
func process(_ number: Int32, _ name: String) -> [UInt8] {
  let file = open("/proc/\(number)/\(name)", O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return [] }
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 4096)
  return Array(bytes[..<max(0, read(file, &bytes, bytes.count))])
}

/// The words of the git command that asks, without those for git itself, such as `add`, `--`, `file`; a hyphen where they
/// cannot be seen, `other` where it is not git.
func askingCommand() -> [String] {
  var number = getppid()
  var words = process(number, "cmdline").split(separator: 0, omittingEmptySubsequences: false).dropLast()
    .map { String(decoding: $0, as: UTF8.self) }
  if words.first?.hasSuffix("sh") == true {
    // git starts hooks through a shell where their paths have characters that mean something there. The parent's number
    // is the second field behind the name, which ends with the last parenthesis (proc_pid_stat(5)).
    let fields = process(number, "stat").split(separator: UInt8(ascii: ")")).last?.split(separator: UInt8(ascii: " "))
    guard let fields, fields.count > 1, let parent = Int32(String(decoding: fields[1], as: UTF8.self)) else {
      return ["-"]
    }
    number = parent
    words = process(number, "cmdline").split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
  guard let program = words.first else { return ["-"] }
  // Somebody else, who does with the answer what they like.
  guard program == "git" || program.hasSuffix("/git") else { return ["other"] }
  // Options of git itself, of which these have their value in the next word.
  var rest = words.dropFirst()
  while let word = rest.first, word.hasPrefix("-") {
    rest = rest.dropFirst(["-c", "-C", "--git-dir", "--work-tree", "--namespace"].contains(word) ? 2 : 1)
  }
  guard let command = rest.first, !command.contains(" "), !command.contains("\n") else { return ["-"] }
  return Array(rest)
}

/// Whether `git commit` with these arguments commits more than what is staged.
func commitsMore(_ arguments: some Sequence<String>) -> Bool {
  var isValue = false
  for word in arguments {
    if isValue {
      isValue = false
      continue
    }
    // A path, or something that git completes to one of the long options.
    if !word.hasPrefix("-") || word == "--" { return true }
    if word.hasPrefix("--") {
      if ["--a", "--i", "--o", "--p"].contains(where: word.hasPrefix), !word.hasPrefix("--am"), !word.hasPrefix("--au"),
        !word.hasPrefix("--allow")
      {
        return true
      }
      isValue = ["--message", "--file", "--author", "--date", "--template", "--fixup", "--squash"].contains(word)
      continue
    }
    for (place, letter) in word.dropFirst().enumerated() {
      if "aiop".contains(letter) { return true }
      if "mFCct".contains(letter) {
        isValue = place == word.count - 2
        break
      }
      if "uS".contains(letter) { break }
    }
  }
  return false
}

/// The paths that `git add` and `git diff` are limited to, from the root; nil where that is everything or hard to say.
func limits(_ command: String, _ arguments: ArraySlice<String>) -> [String]? {
  let separator = arguments.firstIndex(of: "--")
  var paths = separator.map { arguments[($0 + 1)...] } ?? []
  if command == "add" || command == "stage" {
    let options = separator.map { arguments[..<$0] } ?? arguments
    if options.contains(where: { $0.hasPrefix("--pathspec") }) { return nil }
    paths += options.filter { !$0.hasPrefix("-") }
  }
  // What git makes of the working directory.
  guard !paths.isEmpty, let prefix = getenv("GIT_PREFIX") else { return nil }
  var found: [String] = []
  for path in paths {
    let whole = String(cString: prefix) + path
    let parts = whole.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
    let isPlain = !path.hasPrefix(":") && !path.hasPrefix("/") && !path.contains { "*?[\\\n".contains($0) }
    guard isPlain, !parts.isEmpty, !parts.contains("..") else { return nil }
    found.append(parts.joined(separator: "/"))
  }
  return found
}

/// The question: what is asked by whom, and after NULs the paths that it is limited to.
func question(_ token: String) -> [UInt8] {
  let words = askingCommand()
  var command = words[0]
  if command == "commit", commitsMore(words.dropFirst()) { command = "commit-all" }
  var bytes = Array("fsmonitor 2 \(command) \(token)".utf8)
  if ["add", "stage", "diff"].contains(command), let paths = limits(command, words.dropFirst()[...]) {
    for path in paths { bytes += [0] + Array(path.utf8) }
  }
  return bytes + [UInt8(ascii: "\n")]
}

let arguments = CommandLine.arguments
guard arguments.count == 3, arguments[1] == "2" else { exit(1) }
// A server that has gone in the middle must not end this by a signal that a shell reports.
signal(SIGPIPE, SIG_IGN)
let connection = connect(in: directory(of: arguments[0]))
let request = question(arguments[2])
request.withUnsafeBytes { writeAll(connection, $0) }
var answer: [UInt8] = []
var buffer = [UInt8](repeating: 0, count: 64 << 10)
while true {
  let count = read(connection, &buffer, buffer.count)
  if count == 0 { break }
  guard count > 0 else {
    if errno == EINTR { continue }
    exit(1)
  }
  answer += buffer[..<count]
}
// A line with its length stands before the answer: one that was cut short would hide changes.
guard let end = answer.firstIndex(of: UInt8(ascii: "\n")),
  let length = Int(String(decoding: answer[..<end], as: UTF8.self)), length == answer.count - end - 1
else { exit(1) }
answer[(end + 1)...].withUnsafeBytes { writeAll(STDOUT_FILENO, $0) }
