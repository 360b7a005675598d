internal import CLinux
internal import Glibc
package import SystemPackage

/// Extended attributes of one entry of an open directory, or with an empty name of the descriptor's file itself.
///
/// There are no *at calls for them before Linux 6.13, so they go by way of /proc.
package enum ExtendedAttributes {
  /// The largest value that the kernel takes, in bytes.
  package static let maximumSize = 65_536

  /// The value of an attribute; nil where there is none.
  package static func value(at directory: CInt, _ name: [UInt8], _ attribute: [UInt8]) throws(Errno) -> [UInt8]? {
    do {
      return try read(at: directory, name, attribute) { path, attribute, buffer in
        projfs_get_xattr(path, attribute, buffer.baseAddress, buffer.count)
      }
    } catch .noData {
      return nil
    }
  }

  /// The names of all attributes.
  package static func names(at directory: CInt, _ name: [UInt8]) throws(Errno) -> [[UInt8]] {
    let bytes = try read(at: directory, name, []) { path, _, buffer in
      projfs_list_xattr(path, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    return bytes.split(separator: 0).map(Array.init)
  }

  /// Sets an attribute; `flags` are setxattr(2)'s.
  package static func set(
    at directory: CInt, _ name: [UInt8], _ attribute: [UInt8], to value: [UInt8], flags: CInt = 0
  ) throws(Errno) {
    try withPath(directory, name) { path throws(Errno) in
      try EntryCalls.withCString(attribute) { attribute throws(Errno) in
        _ = try FileCalls.retrying { projfs_set_xattr(path, attribute, value, value.count, flags) }
      }
    }
  }

  /// Removes an attribute.
  package static func remove(at directory: CInt, _ name: [UInt8], _ attribute: [UInt8]) throws(Errno) {
    try withPath(directory, name) { path throws(Errno) in
      try EntryCalls.withCString(attribute) { attribute throws(Errno) in
        _ = try FileCalls.retrying { projfs_remove_xattr(path, attribute) }
      }
    }
  }

  /// Sets an attribute of an open file.
  package static func set(_ descriptor: CInt, _ attribute: String, to value: [UInt8]) throws(Errno) {
    try FileCalls.retrying { projfs_set_open_xattr(descriptor, attribute, value, value.count) }
  }

  /// Removes an attribute of an open file.
  package static func remove(_ descriptor: CInt, _ attribute: String) throws(Errno) {
    try FileCalls.retrying { projfs_remove_open_xattr(descriptor, attribute) }
  }

  /// Reads into a small buffer first, and into one of the largest size where that does not do.
  private static func read(
    at directory: CInt, _ name: [UInt8], _ attribute: [UInt8],
    _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawBufferPointer) -> Int
  ) throws(Errno) -> [UInt8] {
    try withPath(directory, name) { path throws(Errno) in
      try EntryCalls.withCString(attribute) { attribute throws(Errno) in
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
          do throws(Errno) {
            let count = try FileCalls.retrying { buffer.withUnsafeMutableBytes { call(path, attribute, $0) } }
            return Array(buffer[..<count])
          } catch {
            guard error == .outOfRange, buffer.count < maximumSize else { throw error }
            buffer = [UInt8](repeating: 0, count: maximumSize)
          }
        }
      }
    }
  }

  private static func withPath<Result>(
    _ directory: CInt, _ name: [UInt8], _ body: (UnsafePointer<CChar>) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    try EntryCalls.withCString(name) { name throws(Errno) in
      let outcome: Swift.Result<Result, Errno> = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320) { path in
        guard let start = path.baseAddress, projfs_entry_path(start, path.count, directory, name) else {
          return .failure(.fileNameTooLong)
        }
        return Swift.Result { () throws(Errno) in try body(start) }
      }
      return try outcome.get()
    }
  }
}
