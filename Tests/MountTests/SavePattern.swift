import Glibc
import Posix
import SystemPackage

/// How a program saves a file: its system calls, in their order.
struct SavePattern: Sendable {
  /// The program.
  let name: String
  /// Whether it needs the file's content while it saves.
  var reads = Reading.never
  /// What is beside the file afterwards.
  var leaves: [String] = []
  /// Names that were there for a moment.
  var uses: [String] = []
  /// Saves.
  let save: @Sendable (EditedFile) throws -> Void

  /// Who needs the content.
  enum Reading: Sendable {
    case never, always
    /// Only an engine that gives the kernel the whole file when it is opened for writing.
    case passthrough
  }

  static let all: [SavePattern] = inPlace + byRename

  private static let inPlace: [SavePattern] = [
    SavePattern(name: "vim, backupcopy=yes", reads: .always, uses: [".file.swp", "file~"]) { file in
      try file.make(".file.swp", mode: 0o600, "swap")
      try file.make("file~", mode: file.mode, try file.text("file"))
      try file.put("file", O_WRONLY | O_CREAT | O_TRUNC, sync: true)
      try file.remove("file~")
      try file.remove(".file.swp")
    },
    SavePattern(name: "VS Code", reads: .passthrough) { file in
      let opened = try file.open("file", O_RDWR)
      try DataCalls.truncate(opened.rawValue, to: 0)
      try FileCalls.writeAll(opened.rawValue, file.saved)
      try FileCalls.retrying { fdatasync(opened.rawValue) }
    },
    SavePattern(name: "nano") { try $0.put("file", O_WRONLY | O_CREAT | O_TRUNC) },
    SavePattern(name: "a shell's redirection, in pieces") { file in
      try FileCalls.retrying { truncate(file.path("file"), 0) }
      for byte in file.saved { try file.append("file", [byte]) }
    },
    SavePattern(name: "a hex editor, then cut", reads: .always) { file in
      let opened = try file.open("file", O_WRONLY)
      try FileCalls.writeAll(opened.rawValue, file.saved)
      try DataCalls.truncate(opened.rawValue, to: Int64(file.saved.count))
    },
  ]

  private static let byRename: [SavePattern] = [
    SavePattern(name: "vim, backupcopy=no", uses: ["4913", "file~"]) { file in
      // Whether files can be made here.
      try file.make("4913", mode: file.mode, "")
      try file.remove("4913")
      try file.rename("file", "file~")
      try file.put("file", O_WRONLY | O_CREAT | O_TRUNC, sync: true)
      try file.remove("file~")
    },
    SavePattern(name: "emacs", leaves: ["file~"], uses: [".#file"]) { file in
      try FileCalls.retrying { symlink("user@host.1:1", file.path(".#file")) }
      try file.rename("file", "file~")
      try file.put("file", O_WRONLY | O_CREAT | O_TRUNC, sync: true)
      try file.remove(".#file")
    },
    SavePattern(name: "VS Code, atomically", uses: ["file.vsctmp"]) { file in
      try file.put("file.vsctmp", O_WRONLY | O_CREAT | O_TRUNC)
      try file.rename("file.vsctmp", "file")
    },
    SavePattern(name: "sed -i", reads: .always, uses: ["sedXyZ123"]) { file in
      _ = try file.text("file")
      try file.put("sedXyZ123", O_RDWR | O_CREAT | O_EXCL)
      try file.rename("sedXyZ123", "file")
    },
    SavePattern(name: "gedit", leaves: ["file~"], uses: [".goutputstream-ABC"]) { file in
      try file.put(".goutputstream-ABC", O_RDWR | O_CREAT | O_EXCL, sync: true)
      try FileCalls.retrying { link(file.path("file"), file.path("file~")) }
      try file.rename(".goutputstream-ABC", "file")
    },
    SavePattern(name: "a writer that exchanges", uses: ["file.draft"]) { file in
      try file.put("file.draft", O_WRONLY | O_CREAT | O_EXCL, sync: true)
      try file.rename("file.draft", "file", .exchange)
      try file.remove("file.draft")
    },
    SavePattern(name: "Kate", uses: ["file.TqRrUv"]) { file in
      let unnamed = try FileCalls.openTemporary(in: file.directory, mode: file.mode)
      try FileCalls.writeAll(unnamed.rawValue, file.saved)
      try FileCalls.retrying { fchmod(unnamed.rawValue, file.mode) }
      try FileCalls.link(unnamed, at: file.directory, "file.TqRrUv")
      try file.rename("file.TqRrUv", "file")
    },
    SavePattern(name: "one that removes first") { file in
      try file.remove("file")
      try file.put("file", O_WRONLY | O_CREAT | O_EXCL)
    },
  ]
}

/// A file called `file` that is being edited.
final class EditedFile {
  /// The descriptor of its directory.
  let directory: CInt
  /// The permission bits that it has, and is to keep.
  let mode: mode_t
  /// The bytes that it is to have.
  let saved: [UInt8]
  private let home: String
  private let opened: OwnedDescriptor

  /// A file in the directory at `home`.
  init(in home: String, mode: mode_t, saving saved: [UInt8]) throws {
    self.home = home
    self.mode = mode
    self.saved = saved
    opened = try FileCalls.open(home, O_RDONLY | O_DIRECTORY)
    directory = opened.rawValue
  }

  func path(_ name: String) -> String { "\(home)/\(name)" }

  func open(_ name: String, _ flags: CInt) throws -> OwnedDescriptor {
    try FileCalls.open(path(name), flags, mode: 0o600)
  }

  func text(_ name: String) throws -> String { String(decoding: try FileCalls.contents(path(name)), as: UTF8.self) }

  /// Makes a new file.
  func make(_ name: String, mode: mode_t, _ text: String) throws {
    let file = try open(name, O_WRONLY | O_CREAT | O_EXCL)
    try FileCalls.writeAll(file.rawValue, Array(text.utf8))
    try FileCalls.retrying { fchmod(file.rawValue, mode) }
  }

  /// Writes what is to be saved, under this name.
  func put(_ name: String, _ flags: CInt, sync: Bool = false) throws {
    let file = try open(name, flags)
    try FileCalls.writeAll(file.rawValue, saved)
    if sync { try FileCalls.sync(file.rawValue) }
    try FileCalls.retrying { fchmod(file.rawValue, mode) }
    try file.close()
  }

  func append(_ name: String, _ bytes: [UInt8]) throws {
    let file = try open(name, O_WRONLY | O_APPEND)
    try FileCalls.writeAll(file.rawValue, bytes)
  }

  func remove(_ name: String) throws { try FileCalls.remove(path(name)) }

  func rename(_ old: String, _ new: String, _ flags: EntryCalls.RenameFlags = []) throws {
    try EntryCalls.rename(at: directory, Array(old.utf8), to: directory, Array(new.utf8), flags)
  }
}
