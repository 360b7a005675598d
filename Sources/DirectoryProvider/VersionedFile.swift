internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// An open file of a source that is read only while it is one version.
struct VersionedFile: ~Copyable {
  /// From how many bytes on a file is copied on a thread of its own.
  private static let large: Int64 = 32 << 20

  /// How many bytes are read at a time.
  private static let piece = 1 << 20

  private let opened: Source.Opened
  private let version: FileVersion
  private let source: Source

  private var descriptor: CInt { opened.descriptor.rawValue }
  private var path: [UInt8] { opened.path }

  private init(_ opened: consuming Source.Opened, _ version: FileVersion, in source: Source) {
    self.opened = opened
    self.version = version
    self.source = source
  }

  /// Opens the version of a file that `name` says, and waits until no other content could be taken for it. Throws
  /// `outdated` where there is another one by now.
  static func open(_ name: ContentName, in source: Source) async throws -> VersionedFile {
    let file = VersionedFile(try await source.open(name), name.version, in: source)
    try file.check()
    while true {
      let rest = name.version.nanosecondsToSettle()
      if rest == 0 { break }
      try await Task.sleep(nanoseconds: rest)
    }
    try file.check()
    return file
  }

  /// Throws `outdated` where the file is another version by now.
  func check() throws(ProviderError) {
    let present = try source.status({ () throws(Errno) in try FileFacts(descriptor).version }, path)
    guard present == version else {
      throw .outdated("'\(SourcePath.text(path))' of '\(source.path)' has changed")
    }
  }

  /// The target of a symbolic link.
  func linkTarget() throws(ProviderError) -> [UInt8] {
    let target = try source.status({ () throws(Errno) in try EntryCalls.linkTarget(at: descriptor, []) }, path)
    guard target.count == version.size else { throw wrongSize }
    return target
  }

  private var wrongSize: ProviderError {
    .unsupported("'\(SourcePath.text(path))' of '\(source.path)' has more or fewer bytes than its file system says")
  }

  /// Writes all of the file: by sharing its blocks or copying in the kernel, where the sink is a new file.
  func copy(into sink: inout ContentSink) async throws {
    guard version.size > 0, let target = sink.descriptor, Self.isNew(target.rawValue) else {
      try copy(0..<version.size, into: &sink)
      return try checkEnd()
    }
    let source = descriptor
    let size = version.size
    let outcome: Result<Void, Errno>
    if size < Self.large {
      outcome = Result { () throws(Errno) in _ = try DataCalls.fill(target.rawValue, from: source, count: size) }
    } else {
      let isCancelled = Atomic(false)
      outcome = await withTaskCancellationHandler {
        await Self.copyBeside(source, to: target.rawValue, count: size) { isCancelled.load(ordering: .relaxed) }
      } onCancel: {
        isCancelled.store(true, ordering: .relaxed)
      }
      try Task.checkCancellation()
    }
    if case .failure(let error) = outcome {
      // A file that has become shorter ends before its time.
      try check()
      if [.noSpace, .diskQuotaExceeded, .fileTooLarge].contains(error) {
        sink.fail(error)
        throw ProviderError.system(error, "cannot write to the content store")
      }
      throw self.source.failure(error, path)
    }
    sink.advance(by: size)
    try checkEnd()
  }

  /// Copies on another thread, whose end is awaited in any case: the descriptors are the caller's.
  private static func copyBeside(
    _ source: CInt, to target: CInt, count: Int64, until isCancelled: () -> Bool
  ) async -> Result<Void, Errno> {
    let isShared = await Threads.run("directory copy") { DataCalls.clone(source, to: target) }
    do throws(Errno) {
      if isShared {
        if try FileCalls.status(target).st_size != count { throw .ioError }
        return .success(())
      }
      var done: Int64 = 0
      while done < count, !isCancelled() {
        let start = done
        let length = min(count - start, large)
        try await Threads.run("directory copy") { () throws(Errno) in
          try DataCalls.copyPiece(source, target, at: start, count: length)
        }
        done += length
      }
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// Whether the sink's file is an empty one, to be written from its start.
  private static func isNew(_ target: CInt) -> Bool {
    guard let status = try? FileCalls.status(target), status.st_mode & S_IFMT == S_IFREG, status.st_size == 0 else {
      return false
    }
    return lseek(target, 0, SEEK_CUR) == 0
  }

  /// Writes a part of the file.
  func copy(_ range: Range<Int64>, into sink: inout ContentSink) throws(ProviderError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = Int(min(range.upperBound - position, Int64(Self.piece)))
      let bytes = try source.status(
        { () throws(Errno) in try FileCalls.read(descriptor, at: position, count: count) }, path)
      guard bytes.count == count else {
        try check()
        throw wrongSize
      }
      try sink.write(bytes)
      position += Int64(count)
    }
  }

  /// Throws where the file goes on behind its size, as those of some kernel interfaces do.
  private func checkEnd() throws(ProviderError) {
    let more = try source.status(
      { () throws(Errno) in try FileCalls.read(descriptor, at: version.size, count: 1) }, path)
    guard more.isEmpty else {
      try check()
      throw wrongSize
    }
  }
}
