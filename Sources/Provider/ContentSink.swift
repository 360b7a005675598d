internal import Glibc
internal import Synchronization
public import SystemPackage

/// Where a provider puts the bytes of a content, or of a range of it, from the first to the last.
///
/// Belongs to one fetch and is used by one task at a time.
public struct ContentSink: ~Copyable, Sendable {
  /// Takes bytes to a place in a file. It may say no at any time, when nobody wants the bytes any more.
  package typealias Writer = @Sendable (_ bytes: UnsafeRawBufferPointer, _ offset: Int64) throws(Errno) -> Void

  private enum Target: Sendable {
    case file
    case nowhere
    case range(Range<Int64>, Writer)
  }

  /// The file that takes the bytes, or nil where they are only counted, or are a range.
  ///
  /// A provider may hand it to a program as its standard output; it then reports the bytes by `advance(by:)`.
  public let descriptor: FileDescriptor?

  /// How many bytes came so far.
  public private(set) var bytesWritten: Int64 = 0

  /// Where they are counted as well, for others to watch.
  private let progress: SinkProgress?

  /// The first failure of the disk below, kept even if the provider swallows it.
  package private(set) var failure: Errno?

  /// What the provider did against the rules, kept even if it swallows what that threw.
  private var misuse: ProviderError?
  private let target: Target

  /// A sink over a file open for writing, which stays the caller's.
  package init(descriptor: FileDescriptor, progress: SinkProgress? = nil) {
    self.descriptor = descriptor
    self.progress = progress
    target = .file
  }

  /// A sink for the bytes of `range`, which `writer` takes to their offsets in the content.
  package init(range: Range<Int64>, progress: SinkProgress? = nil, writer: @escaping Writer) {
    descriptor = nil
    self.progress = progress
    target = .range(range, writer)
  }

  private init(progress: SinkProgress?) {
    descriptor = nil
    self.progress = progress
    target = .nowhere
  }

  /// A sink that forgets everything but the number of bytes.
  public static func counting() -> ContentSink { ContentSink(progress: nil) }

  /// A sink that forgets everything but the number of bytes, which others may watch.
  package static func counting(_ progress: SinkProgress?) -> ContentSink { ContentSink(progress: progress) }

  /// Appends bytes. Larger pieces are cheaper: each is one system call.
  ///
  /// Throws `ProviderError.system` where the disk below is full or fails, and `ProviderError.wrongSize` where these are more
  /// than the range has, of which none is taken.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ProviderError) {
    switch target {
    case .file: try append(bytes)
    case .nowhere: break
    case .range(let range, let writer): try put(bytes, in: range, by: writer)
    }
    count(Int64(bytes.count))
  }

  private mutating func count(_ bytes: Int64) {
    bytesWritten += bytes
    progress?.add(bytes)
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ProviderError) {
    guard let descriptor else { return }
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor.rawValue, rest.baseAddress, rest.count)
      if count < 0 {
        let error = Errno(rawValue: errno)
        if error == .interrupted { continue }
        throw refused(error)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  private mutating func put(
    _ bytes: UnsafeRawBufferPointer, in range: Range<Int64>, by writer: Writer
  ) throws(ProviderError) {
    if let misuse { throw misuse }
    let offset = range.lowerBound + bytesWritten
    guard bytes.count <= range.upperBound - offset else {
      let error = ProviderError.wrongSize("more than the \(range.count) bytes of a range came")
      misuse = error
      throw error
    }
    do throws(Errno) {
      try writer(bytes, offset)
    } catch {
      throw refused(error)
    }
  }

  private mutating func refused(_ error: Errno) -> ProviderError {
    failure = failure ?? error
    return .system(error, "cannot write to the content store")
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
    if case .range = target {
      // It has no descriptor: what is counted here is nowhere.
      misuse = misuse ?? .wrongSize("\(count) bytes of a range were counted and not written")
      return
    }
    self.count(count)
  }

  /// Says that writing to `descriptor` by other means failed with `error`.
  public mutating func fail(_ error: Errno) {
    failure = failure ?? error
  }

  /// Throws unless exactly the bytes of the range were taken. For the end of a fetch.
  package func checkRange() throws {
    guard case .range(let range, _) = target else { return }
    if let failure { throw failure }
    if let misuse { throw misuse }
    guard bytesWritten == range.count else {
      throw ProviderError.wrongSize("\(range.count) bytes of a range asked for, \(bytesWritten) came")
    }
  }
}

/// How far fetches have come, for who watches them from elsewhere.
package final class SinkProgress: Sendable {
  private let counted = Atomic<Int64>(0)

  /// How many bytes came in all.
  package var bytes: Int64 { counted.load(ordering: .relaxed) }

  /// Nothing has come yet.
  package init() {}

  fileprivate func add(_ bytes: Int64) { counted.add(bytes, ordering: .relaxed) }
}
