/// A provider's stable, opaque name for one version of one file's content.
///
/// Two files with equal content IDs have equal bytes, for ever: contents are kept by this name, over remounts and in
/// every view of one source. At most `maximumLength` bytes; name longer things by their hash.
public struct ContentID: Hashable, Sendable {
  /// The longest name, in bytes: as hexadecimal digits it still is a file name.
  public static let maximumLength = 120

  /// The name itself.
  public let bytes: [UInt8]

  /// Names a content by any bytes.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }
}

/// A provider's stable, opaque name for one version of one directory: equal IDs list equally.
public struct DirectoryID: Hashable, Sendable {
  /// The name itself, at most `ContentID.maximumLength` bytes.
  public let bytes: [UInt8]

  /// Names a directory by any bytes.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }
}

extension ContentID: ExpressibleByStringLiteral, CustomStringConvertible {
  /// Names a content by the UTF-8 bytes of `value`.
  public init(stringLiteral value: String) { self.init(value.utf8) }

  /// The bytes as hexadecimal digits.
  public var description: String { hexadecimal(bytes) }
}

extension DirectoryID: ExpressibleByStringLiteral, CustomStringConvertible {
  /// Names a directory by the UTF-8 bytes of `value`.
  public init(stringLiteral value: String) { self.init(value.utf8) }

  /// The bytes as hexadecimal digits.
  public var description: String { hexadecimal(bytes) }
}

/// Lower-case hexadecimal digits, two a byte.
package func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  let digits: StaticString = "0123456789abcdef"
  return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
    var next = 0
    for byte in bytes {
      buffer[next] = digits.utf8Start[Int(byte >> 4)]
      buffer[next + 1] = digits.utf8Start[Int(byte & 15)]
      next += 2
    }
    return next
  }
}
