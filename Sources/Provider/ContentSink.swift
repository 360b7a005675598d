internal import Glibc
public import SystemPackage

/// Where a provider puts the bytes of a content, from the first to the last.
///
/// Belongs to one fetch and is used by one task at a time.
public struct ContentSink: ~Copyable, Sendable {
  /// The file that takes the bytes, or nil where they are only counted.
  ///
  /// A provider may hand it to a program as its standard output; it then reports the bytes by `advance(by:)`.
  public let descriptor: FileDescriptor?

  /// How many bytes came so far.
  public private(set) var bytesWritten: Int64 = 0

  /// The first failure of the disk below, kept even if the provider swallows it.
  package private(set) var failure: Errno?

  /// A sink over a file open for writing, which stays the caller's.
  package init(descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  private init() {
    descriptor = nil
  }

  /// A sink that forgets everything but the number of bytes.
  public static func counting() -> ContentSink { ContentSink() }

  /// Appends bytes. Larger pieces are cheaper: each is one system call.
  ///
  /// Throws `ProviderError.system` where the disk below is full or fails.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ProviderError) {
    if let descriptor {
      var rest = bytes
      while !rest.isEmpty {
        let count = Glibc.write(descriptor.rawValue, rest.baseAddress, rest.count)
        if count < 0 {
          let error = Errno(rawValue: errno)
          if error == .interrupted { continue }
          failure = failure ?? error
          throw .system(error, "cannot write to the content store")
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
    bytesWritten += Int64(bytes.count)
  }

  /// Appends bytes.
  public mutating func write(_ bytes: [UInt8]) throws(ProviderError) {
    let result: Result<Void, ProviderError> = bytes.withUnsafeBytes { buffer in
      Result { () throws(ProviderError) in try write(buffer) }
    }
    try result.get()
  }

  /// Says that `count` bytes were written to `descriptor` by other means than `write`.
  public mutating func advance(by count: Int64) {
    bytesWritten += count
  }

  /// Says that writing to `descriptor` by other means failed with `error`.
  public mutating func fail(_ error: Errno) {
    failure = failure ?? error
  }
}
