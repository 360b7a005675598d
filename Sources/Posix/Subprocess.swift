internal import CLinux
internal import Glibc
package import SystemPackage

/// Runs other programs (git, fusermount3) without a shell.
package struct Subprocess {
  /// What a finished program left behind.
  package struct Outcome: Sendable {
    /// The exit code, or 128 + the signal's number.
    package let exitCode: CInt
    /// Standard output, up to the end.
    package let output: String
    /// Standard error, up to the end.
    package let errors: String
  }

  /// Runs `arguments[0]`, found through PATH, to its end and collects what it prints. Blocks the calling thread.
  ///
  /// The program gets this process's environment, but for the variables in `hidden`, and with those in `added`.
  package static func run(
    _ arguments: [String], hiding hidden: Set<String> = [], setting added: [String: String] = [:]
  ) throws(Errno) -> Outcome {
    var output = try Pipe()
    var errors = try Pipe()
    let process = try spawn(
      arguments, output: output.writeEnd, errors: errors.writeEnd, hiding: hidden, setting: added)
    try output.closeWriteEnd()
    try errors.closeWriteEnd()
    // Both pipes are drained in turn; what these programs print to stderr is far below a pipe's capacity.
    let printed = try output.readToEnd()
    let complained = try errors.readToEnd()
    return Outcome(
      exitCode: try wait(for: process),
      output: String(decoding: printed, as: UTF8.self),
      errors: String(decoding: complained, as: UTF8.self))
  }

  /// Starts a program with the given standard streams (nil: /dev/null) and returns its process id, to be waited for.
  ///
  /// One that `isAlone` has no other descriptor, not even where somebody forgot to have it closed on exec.
  package static func spawn(
    _ arguments: [String], input: CInt? = nil, output: CInt?, errors: CInt?, inherited: CInt? = nil,
    newSession: Bool = false, isAlone: Bool = false,
    hiding hidden: Set<String> = [], setting added: [String: String] = [:]
  ) throws(Errno) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    for (stream, target) in [(output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
      if let stream {
        posix_spawn_file_actions_adddup2(&actions, stream, target)
      } else {
        posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0)
      }
    }
    // dup2 onto itself clears close-on-exec (posix_spawn_file_actions_adddup2(3)).
    if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited, inherited) }
    if isAlone { projfs_spawn_close_from(&actions, STDERR_FILENO + 1) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A program starts with no signal blocked, whatever the calling thread blocks, and dies of SIGPIPE as programs do,
    // which servers and libraries ignore for the process that they are in.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var ignored = none
    sigaddset(&ignored, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &ignored)
    var flags = CShort(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    if newSession { flags |= projfs_spawn_new_session }
    posix_spawnattr_setflags(&attributes, flags)

    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    guard let program = arguments.first else { throw .invalidArgument }
    var process: pid_t = 0
    let additions = added.map { strdup("\($0)=\($1)") }
    defer { for addition in additions { free(addition) } }
    var environment = additions + environment(hiding: hidden.union(added.keys))
    let failure = posix_spawnp(&process, program, &actions, &attributes, &pointers, &environment)
    if failure != 0 { throw Errno(rawValue: failure) }
    return process
  }

  /// The environment without some variables. The pointers are the C library's own.
  private static func environment(hiding hidden: Set<String>) -> [UnsafeMutablePointer<CChar>?] {
    var kept: [UnsafeMutablePointer<CChar>?] = []
    var next = environ
    while let entry = next.pointee {
      let name = String(cString: entry).prefix { $0 != "=" }
      if !hidden.contains(String(name)) { kept.append(entry) }
      next += 1
    }
    return kept + [nil]
  }

  /// A descriptor that is readable when a process has ended; nil where the kernel has none.
  package static func watch(_ process: Int32) -> OwnedDescriptor? {
    let descriptor = projfs_open_process(process)
    return descriptor < 0 ? nil : OwnedDescriptor(rawValue: descriptor)
  }

  /// Waits for a process started here; returns its exit code, or 128 + the signal's number.
  package static func wait(for process: Int32) throws(Errno) -> CInt {
    var status: CInt = 0
    try FileCalls.retrying { waitpid(process, &status, 0) }
    return projfs_exit_code(status)
  }
}

/// A pipe with both ends owned.
package struct Pipe: ~Copyable, Sendable {
  private var reader: OwnedDescriptor
  private var writer: OwnedDescriptor?

  /// pipe2(2), both ends closed on exec.
  package init() throws(Errno) {
    var ends: [CInt] = [-1, -1]
    try FileCalls.retrying { projfs_pipe(&ends) }
    reader = OwnedDescriptor(rawValue: ends[0])
    writer = OwnedDescriptor(rawValue: ends[1])
  }

  /// The end to write to, or -1 after it was closed.
  package var writeEnd: CInt {
    switch writer {
    case .some(let writer): writer.rawValue
    case .none: -1
    }
  }

  /// The end to read from.
  package var readEnd: CInt { reader.rawValue }

  /// Closes the end to write to, so that the reader sees the end.
  package mutating func closeWriteEnd() throws(Errno) {
    try writer.take()?.close()
  }

  /// Gives the end to write to away; nil after it was closed.
  package mutating func takeWriteEnd() -> OwnedDescriptor? { writer.take() }

  /// Everything until all writers are gone. Blocks.
  package func readToEnd() throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = try FileCalls.retrying { Glibc.read(reader.rawValue, &chunk, chunk.count) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }
}
