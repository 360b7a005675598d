package import Glibc
package import SystemPackage

/// What an operation gave back; the same on both trees, or one of them is wrong.
package enum Outcome: Equatable, Sendable {
  case done
  case failure(Errno)
  case count(Int)
  case content(Content)
  case status(FileStatus)
  case names([[UInt8]])
  case target([UInt8])
  case attributes([Attribute])
  case times([Int64])

  /// One extended attribute.
  package struct Attribute: Equatable, Sendable {
    package let name: String
    package let value: [UInt8]
  }

  /// Whether the operation did what it was asked.
  package var isSuccess: Bool {
    if case .failure = self { return false }
    return true
  }
}

extension Outcome: CustomStringConvertible {
  package var description: String {
    switch self {
    case .done: "done"
    case .failure(let failure): "\(failure)"
    case .count(let count): "\(count)"
    case .content(let content): "\(content)"
    case .status(let status): "\(status)"
    case .names(let names): names.map { EntryPath.encode($0) }.description
    case .target(let target): EntryPath.encode(target)
    case .attributes(let attributes): attributes.map { "\($0.name)=\($0.value)" }.description
    case .times(let times): "\(times)"
    }
  }
}

/// What stat(2) tells of a file and two file systems must agree on.
package struct FileStatus: Equatable, Sendable, CustomStringConvertible {
  package var mode: UInt32
  package var user: UInt32
  package var group: UInt32
  /// Zero for a directory, where it is the file system's affair.
  package var links: Int
  /// Zero for a directory, where it is the file system's affair.
  package var size: Int64
  package var device: UInt64

  /// Takes over what must agree.
  package init(_ status: stat) {
    mode = status.st_mode
    user = status.st_uid
    group = status.st_gid
    device = UInt64(status.st_rdev)
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    links = isDirectory ? 0 : Int(status.st_nlink)
    size = isDirectory ? 0 : Int64(status.st_size)
  }

  package var kind: UInt32 { mode & S_IFMT }

  package var description: String {
    "mode \(String(mode, radix: 8)) owner \(user):\(group) links \(links) size \(size)"
      + (device == 0 ? "" : " device \(device)")
  }
}

/// One look at a file: what must agree, and what must keep still.
package struct Sighting: Sendable {
  package let status: FileStatus
  package let inode: UInt64
  /// In nanoseconds.
  package let modification: Int64

  /// Takes over a stat(2) result.
  package init(_ status: stat) {
    self.status = FileStatus(status)
    inode = UInt64(status.st_ino)
    modification = status.st_mtim.nanoseconds
  }
}

extension timespec {
  /// Nanoseconds since 1970.
  package var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }

  /// A time in nanoseconds since 1970.
  package init(nanoseconds: Int64) {
    let billion: Int64 = 1_000_000_000
    let rest = ((nanoseconds % billion) + billion) % billion
    self.init(tv_sec: Int((nanoseconds - rest) / billion), tv_nsec: Int(rest))
  }
}
