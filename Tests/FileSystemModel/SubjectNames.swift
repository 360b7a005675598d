internal import CFileSystemTests
internal import Glibc
internal import Posix
package import SystemPackage

/// Operations on names and metadata.
extension Subject {
  func changeNames(_ operation: Operation) throws(Errno) -> Outcome {
    switch operation {
    case .unlink(let path): try call(path) { Glibc.unlink($0) }
    case .makeDirectory(let path, let mode): try call(path) { mkdir($0, mode) }
    case .removeDirectory(let path): try call(path) { rmdir($0) }
    case .rename(let old, let new, let rule):
      try withPath(old) { old throws(Errno) in
        try call(new) { fstest_rename(old, $0, rule.flags) }
      }
    case .link(let old, let new):
      try withPath(old) { old throws(Errno) in
        try call(new) { Glibc.link(old, $0) }
      }
    case .symlink(let target, let path):
      let text = target.bytes.map { CChar(bitPattern: $0) } + [0]
      try call(path) { Glibc.symlink(text, $0) }
    case .fifo(let path, let mode): try call(path) { mknod($0, S_IFIFO | mode, 0) }
    case .clear(let path): return .count(try clear(path))
    default: throw .notSupported
    }
    return .done
  }

  private func call(_ path: EntryPath, _ body: (UnsafePointer<CChar>) -> CInt) throws(Errno) {
    try withPath(path) { path throws(Errno) in _ = try FileCalls.retrying { body(path) } }
  }

  /// Removes a tree; tells of how many entries.
  private func clear(_ path: EntryPath) throws(Errno) -> Int {
    guard try status(.entry(path)).st_mode & S_IFMT == S_IFDIR else {
      try call(path) { Glibc.unlink($0) }
      return 1
    }
    var count = 1
    for name in try names(.entry(path)) { count += try clear(path.appending(name)) }
    try call(path) { rmdir($0) }
    return count
  }

  func linkTarget(_ path: EntryPath) throws(Errno) -> [UInt8] {
    try withPath(path) { path throws(Errno) in
      var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let count = try FileCalls.retrying { Glibc.readlink(path, &buffer, buffer.count) }
      return Array(buffer[..<count])
    }
  }

  /// The names in a directory but `.` and `..`, sorted. A slot is read from its beginning.
  package func names(_ target: Operation.Target) throws(Errno) -> [[UInt8]] {
    try withDescriptor(target, O_RDONLY | O_DIRECTORY) { descriptor throws(Errno) in
      try FileCalls.retrying { lseek(descriptor, 0, SEEK_SET) }
      // Another test may start a server meanwhile, which must not inherit it.
      let copy = try FileCalls.retrying { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
      guard let stream = fdopendir(copy) else {
        let failure = Errno.current
        _ = Glibc.close(copy)
        throw failure
      }
      defer { closedir(stream) }
      var names: [[UInt8]] = []
      errno = 0
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        if !Self.ownNames.contains(name), !ignored.contains(name) { names.append(name) }
        errno = 0
      }
      if errno != 0 { throw Errno.current }
      names.sort { $0.lexicographicallyPrecedes($1) }
      return names
    }
  }
}

extension Subject {
  private static let ownNames: Set<[UInt8]> = [Array(".".utf8), Array("..".utf8)]

  func changeMetadata(_ operation: Operation) throws(Errno) -> Outcome {
    switch operation {
    case .chmod(.slot(let slot), let mode):
      let descriptor = try descriptor(slot)
      try FileCalls.retrying { fchmod(descriptor, mode) }
    case .chmod(.path(let path), let mode), .chmod(.entry(let path), let mode):
      try call(path) { Glibc.chmod($0, mode) }
    case .chown(let target, let user, let group):
      let owner = (uid_t(truncatingIfNeeded: user), gid_t(truncatingIfNeeded: group))
      switch target {
      case .slot(let slot):
        let descriptor = try descriptor(slot)
        try FileCalls.retrying { fchown(descriptor, owner.0, owner.1) }
      case .path(let path): try call(path) { Glibc.chown($0, owner.0, owner.1) }
      case .entry(let path): try call(path) { lchown($0, owner.0, owner.1) }
      }
    case .setTimes(let target, let access, let modification): return try setTimes(target, access, modification)
    case .setAttribute(let target, let name, let fill, let rule):
      try withAttributeTarget(target) { descriptor, path, follow in
        fill.bytes.withUnsafeBytes { bytes in
          // A pointer that is valid even for no bytes.
          withUnsafePointer(to: 0 as UInt8) { none in
            fstest_setxattr(
              descriptor, path, follow, name, bytes.baseAddress ?? UnsafeRawPointer(none), bytes.count, rule.flags)
          }
        }
      }
    case .removeAttribute(let target, let name):
      try withAttributeTarget(target) { fstest_removexattr($0, $1, $2, name) }
    case .attributes(let target): return .attributes(try attributes(target))
    default: throw .notSupported
    }
    return .done
  }

  /// utimensat(2) or futimens(2); tells the times that were asked for, as they are afterwards.
  private func setTimes(
    _ target: Operation.Target, _ access: Operation.TimeSetting, _ modification: Operation.TimeSetting
  ) throws(Errno) -> Outcome {
    let times = [access.timespec, modification.timespec]
    switch target {
    case .slot(let slot):
      let descriptor = try descriptor(slot)
      try FileCalls.retrying { futimens(descriptor, times) }
    case .path(let path): try call(path) { utimensat(AT_FDCWD, $0, times, 0) }
    case .entry(let path): try call(path) { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) }
    }
    let status = try status(target)
    var exact: [Int64] = []
    if case .nanoseconds = access { exact.append(status.st_atim.nanoseconds) }
    if case .nanoseconds = modification { exact.append(status.st_mtim.nanoseconds) }
    return .times(exact)
  }

  /// The extended attributes of the namespace that programs may use freely, sorted by name.
  func attributes(_ target: Operation.Target) throws(Errno) -> [Outcome.Attribute] {
    var list = [CChar](repeating: 0, count: 4096)
    let length = try withAttributeTarget(target) { fstest_listxattr($0, $1, $2, &list, list.count) }
    if length == 0 { return [] }
    let names = list[..<length].split(separator: 0).map {
      String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    var attributes: [Outcome.Attribute] = []
    for name in names.sorted() where name.hasPrefix("user.") {
      var value = [UInt8](repeating: 0, count: 4096)
      let count = try withAttributeTarget(target) { fstest_getxattr($0, $1, $2, name, &value, value.count) }
      attributes.append(Outcome.Attribute(name: name, value: Array(value[..<count])))
    }
    return attributes
  }

  @discardableResult
  private func withAttributeTarget<Result: FixedWidthInteger>(
    _ target: Operation.Target, _ body: (CInt, UnsafePointer<CChar>, CInt) -> Result
  ) throws(Errno) -> Result {
    switch target {
    case .slot(let slot):
      let descriptor = try descriptor(slot)
      return try withPath(.root) { path throws(Errno) in try FileCalls.retrying { body(descriptor, path, 0) } }
    case .path(let path):
      return try withPath(path) { path throws(Errno) in try FileCalls.retrying { body(-1, path, 1) } }
    case .entry(let path):
      return try withPath(path) { path throws(Errno) in try FileCalls.retrying { body(-1, path, 0) } }
    }
  }
}

extension Operation.Renaming {
  fileprivate var flags: UInt32 {
    switch self {
    case .replace: 0
    case .noReplace: fstest_rename_noreplace
    case .exchange: fstest_rename_exchange
    }
  }
}

extension Operation.AttributeRule {
  fileprivate var flags: CInt {
    switch self {
    case .any: 0
    case .create: fstest_xattr_create
    case .replace: fstest_xattr_replace
    }
  }
}

extension Operation.TimeSetting {
  fileprivate var timespec: timespec {
    switch self {
    // UTIME_OMIT and UTIME_NOW, whose macros are casts that the importer drops.
    case .omit: Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
    case .now: Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
    case .nanoseconds(let value): Glibc.timespec(nanoseconds: value)
    }
  }
}
