internal import Glibc
internal import Posix
internal import SystemPackage

/// What is known of a process, as far as a policy asks.
package struct ProcessFacts: Sendable, Hashable {
  /// The name that the kernel keeps, of up to 15 bytes: the program's, the script's, or what the process has called itself.
  package var name: [UInt8]
  /// The file of the program; nil where this process may not see it, or there is none any more.
  package var program: [UInt8]?
  /// The first words of its command line.
  package var words: [[UInt8]]
  /// The control groups that it is in.
  package var controlGroups: [[UInt8]]
  /// The number of its process group.
  package var group: Int32

  /// How many words may say which script it is: the interpreter, an option, the script.
  private static let wordCount = 3

  /// Facts.
  package init(name: [UInt8], program: [UInt8]?, words: [[UInt8]], controlGroups: [[UInt8]], group: Int32) {
    self.name = name
    self.program = program
    self.words = words
    self.controlGroups = controlGroups
    self.group = group
  }

  /// Those of the process that a thread belongs to; nil where it has gone. Reads six files of /proc: about 50 µs.
  init?(ofThread thread: UInt32) {
    guard let status = try? FileCalls.contents("/proc/\(thread)/status"),
      let line = status.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: "Tgid:\t".utf8) }),
      let process = UInt32(String(decoding: line.dropFirst(6), as: UTF8.self))
    else { return nil }
    let directory = "/proc/\(process)"
    guard let name = try? FileCalls.contents("\(directory)/comm") else { return nil }
    self.name = Array(name.prefix { $0 != UInt8(ascii: "\n") })
    program = Self.program(directory)
    words = ((try? FileCalls.contents("\(directory)/cmdline")) ?? []).split(separator: 0).prefix(Self.wordCount)
      .map(Array.init)
    controlGroups = Self.groups((try? FileCalls.contents("\(directory)/cgroup")) ?? [])
    group = ProcessStat(of: process)?.group ?? 0
  }

  private static func program(_ directory: String) -> [UInt8]? {
    let target = try? EntryCalls.linkTarget(at: FileCalls.workingDirectory, Array("\(directory)/exe".utf8))
    // A program that was replaced since is still the same to who named it.
    let gone = Array(" (deleted)".utf8)
    return target.map {
      $0.count > gone.count && $0.suffix(gone.count).elementsEqual(gone) ? $0.dropLast(gone.count) : $0
    }
  }

  /// Of lines such as `0::/user.slice` or `4:memory:/a` (cgroups(7)).
  static func groups(_ file: [UInt8]) -> [[UInt8]] {
    file.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      return fields.count == 3 ? Array(fields[2]) : nil
    }
  }
}

/// What shows that a thread runs the same program as before, at the price of two system calls.
struct ThreadMark: Sendable, Equatable {
  private let device: UInt64
  private let inode: UInt64
  private let name: [UInt8]

  /// The mark of a thread; nil where it has gone.
  init?(of thread: UInt32) {
    guard let name = try? FileCalls.contents("/proc/\(thread)/comm") else { return nil }
    self.name = name
    // Of another user's process it may be hidden; the name is not.
    let program = try? FileCalls.status("/proc/\(thread)/exe", follow: true)
    device = program.map { UInt64($0.st_dev) } ?? 0
    inode = program.map { UInt64($0.st_ino) } ?? 0
  }
}
