internal import CLinux

/// What error numbers are called.
package enum ErrorName {
  /// The name in the C library's header, such as `ENOENT`; the number itself where it has none.
  package static func name(_ number: CInt) -> String {
    projfs_error_name(number).map { String(cString: $0) } ?? "\(number)"
  }
}
