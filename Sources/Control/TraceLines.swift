/// Which events are wanted. What is empty excludes nothing.
package struct TraceQuestion: Codable, Sendable {
  /// By the names in the kernel's header, and `HYDRATION`.
  package var operations: [String] = []
  package var pids: [UInt32] = []
  /// Of a process, or of the one that leads its session.
  package var commands: [String] = []
  /// From the root, each with everything below it; as hexadecimal digits, because paths are bytes.
  package var paths: [String] = []

  /// Everything.
  package init() {}

  /// The operations there are: the requests of the FUSE protocol that a view answers, and hydrations.
  package static let operations: [String] = [
    "HYDRATION", "LOOKUP", "FORGET", "BATCH_FORGET", "GETATTR", "SETATTR", "READLINK", "SYMLINK", "MKNOD", "MKDIR",
    "UNLINK", "RMDIR", "RENAME2", "LINK", "CREATE", "TMPFILE", "OPEN", "READ", "WRITE", "FSYNC", "FSYNCDIR",
    "FALLOCATE",
    "COPY_FILE_RANGE", "RELEASE", "FLUSH", "OPENDIR", "READDIR", "READDIRPLUS", "STATFS", "GETXATTR", "SETXATTR",
    "REMOVEXATTR", "LISTXATTR", "LSEEK", "IOCTL", "INIT",
  ]
}

/// One line of `projfs trace --json`; fields are added, never renamed.
package struct TraceLine: Codable, Sendable {
  /// What a line says.
  package enum Kind: String, Codable, Sendable {
    /// A request was answered.
    case request
    /// A fetch ended, or was denied.
    case hydration
    /// Events were lost here, `count` of them: the reader was too slow.
    case lost
    /// The view has ended; nothing follows.
    case end
  }

  package var kind: Kind
  /// When it ended, in nanoseconds since 1970.
  package var timeNs: Int64?
  package var operation: String?
  /// From the view's root; none where what it is about has no name.
  package var path: String?
  package var pathBytes: String?
  /// The other name, of what is renamed or linked.
  package var newPath: String?
  package var newPathBytes: String?
  package var latencyUs: Double?
  /// The error's name, such as `ENOENT`, where an error was answered.
  package var error: String?
  package var pid: UInt32?
  package var command: String?
  package var sessionPid: UInt32?
  package var sessionCommand: String?
  /// Of a hydration: why.
  package var cause: String?
  /// Of a hydration: how many bytes.
  package var bytes: Int64?
  /// Of a hydration: whether these were pieces of a content only.
  package var partial: Bool?
  /// Of a hydration: whether it failed.
  package var failed: Bool?
  /// Of a hydration: whether the view's policy denied it, so that nothing was fetched.
  package var denied: Bool?
  /// How many events were lost.
  package var count: Int?

  /// A line that says nothing else.
  package init(_ kind: Kind) {
    self.kind = kind
  }
}
