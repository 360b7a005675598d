internal import CLinux
internal import Glibc
package import SystemPackage

/// System calls on the data of an open file.
package enum DataCalls {
  /// Writes all of `bytes` at `offset`.
  package static func write(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      done += try FileCalls.retrying { pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + done) }
    }
  }

  /// ftruncate(2).
  package static func truncate(_ descriptor: CInt, to size: Int64) throws(Errno) {
    try FileCalls.retrying { ftruncate(descriptor, off_t(size)) }
  }

  /// fallocate(2); `mode` is the system call's.
  package static func allocate(_ descriptor: CInt, mode: CInt, offset: Int64, length: Int64) throws(Errno) {
    try FileCalls.retrying { projfs_allocate(descriptor, mode, offset, length) }
  }

  /// The next byte that is data, from `offset` on. Throws `noSuchAddressOrDevice` behind the last.
  package static func seekData(_ descriptor: CInt, from offset: Int64) throws(Errno) -> Int64 {
    try FileCalls.retrying { projfs_seek_data(descriptor, offset) }
  }

  /// The next hole, from `offset` on; the end of the file counts as one.
  package static func seekHole(_ descriptor: CInt, from offset: Int64) throws(Errno) -> Int64 {
    try FileCalls.retrying { projfs_seek_hole(descriptor, offset) }
  }

  /// copy_file_range(2): copies up to `count` bytes, and returns how many.
  package static func copy(
    _ source: CInt, from sourceOffset: Int64, to target: CInt, at targetOffset: Int64, count: Int
  ) throws(Errno) -> Int {
    try FileCalls.retrying { projfs_copy_range(source, sourceOffset, target, targetOffset, count) }
  }

  /// Makes the empty file `target` share the blocks of `source`; returns whether the file system can.
  package static func clone(_ source: CInt, to target: CInt) -> Bool { projfs_clone_file(source, target) == 0 }

  /// Makes the empty file `target` begin with the first `count` bytes of `source`: by sharing blocks where the file
  /// system can, by copying elsewhere. Throws `ioError` where the source is shorter.
  ///
  /// Returns whether bytes were written that are not on the disk yet.
  package static func fill(_ target: CInt, from source: CInt, count: Int64) throws(Errno) -> Bool {
    if count == 0 { return false }
    if clone(source, to: target) {
      if try FileCalls.status(target).st_size != count { try truncate(target, to: count) }
      return false
    }
    try copyPiece(source, target, at: 0, count: count)
    return true
  }

  /// Copies `count` bytes from `offset` to the same place of another file. Throws `ioError` where the source is shorter.
  package static func copyPiece(_ source: CInt, _ target: CInt, at offset: Int64, count: Int64) throws(Errno) {
    var done: Int64 = 0
    while done < count {
      let (place, rest) = (offset + done, count - done)
      let piece: Int
      do {
        piece = try copy(source, from: place, to: target, at: place, count: Int(min(rest, 1 << 30)))
      } catch .improperLink, .invalidArgument, .notSupported, .noFunction {
        // Two file systems, or one that cannot: by hand.
        piece = try copyThroughMemory(source, target, at: place, count: Int(min(rest, 1 << 20)))
      }
      guard piece > 0 else { throw .ioError }
      done += Int64(piece)
    }
  }

  private static func copyThroughMemory(_ source: CInt, _ target: CInt, at offset: Int64, count: Int) throws(Errno)
    -> Int
  {
    let bytes = try FileCalls.read(source, at: offset, count: count)
    let outcome: Result<Void, Errno> = bytes.withUnsafeBytes { bytes in
      Result { () throws(Errno) in try write(target, bytes, at: offset) }
    }
    try outcome.get()
    return bytes.count
  }

  /// Brings the data of a file to the disk before anything that happens to it later: a name that it gets afterwards is
  /// never found on the disk without its data.
  ///
  /// Cheaper than fdatasync(2), which makes it last as well: sync_file_range(2) waits for the data, and the file systems
  /// that a view can lie on keep the order of what they note. Where there is no such call, fdatasync(2).
  package static func order(_ descriptor: CInt) throws(Errno) {
    do {
      try FileCalls.retrying { projfs_write_back(descriptor) }
    } catch .noFunction, .invalidArgument, .illegalSeek {
      try sync(descriptor, dataOnly: true)
    }
  }

  /// fsync(2), or fdatasync(2).
  package static func sync(_ descriptor: CInt, dataOnly: Bool) throws(Errno) {
    try FileCalls.retrying { dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
  }
}
