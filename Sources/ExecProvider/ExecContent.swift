public import Logging
public import Provider
internal import Synchronization
internal import SystemPackage

/// What a program projects that speaks docs/ExecProtocol.md over its standard streams.
///
/// Owns the program: starts it again when it fails, and ends it when `end` is called or nobody has this any more. Requests
/// are sent without waiting for the answers of others, and no call blocks its caller's thread. Of a program that fails
/// the requests that it had fail with `ProviderError.unavailable`; those that came later wait for its next start.
public final class ExecContent: SizeProvider, ChangingProvider, NonblockingProvider {
  /// What the program can do, as it has said at its first start.
  public let abilities: Set<ExecAbility>

  private let mailbox: Mailbox
  private let feed: ChangeFeed

  /// How many contents the program is asked the sizes of at a time.
  private static let batch = 256

  /// Starts `command` in a shell, with `source` as its last argument, and waits until it has said what it can.
  ///
  /// What it writes to its standard error goes to `logger`. Cancelling the caller ends the program.
  public init(
    command: String, source: String, limits: ExecLimits = ExecLimits(), logger: Logger
  ) async throws(ExecError) {
    let mailbox: Mailbox
    do throws(Errno) {
      mailbox = try Mailbox(buffer: limits.buffer)
    } catch {
      throw .cannotStart(error)
    }
    let feed = ChangeFeed()
    let loop = ProgramLoop(
      command: command, source: source, limits: limits, logger: logger, mailbox: mailbox, feed: feed)
    let started = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.start { continuation.resume(returning: $0) }
      }
    } onCancel: {
      mailbox.requestEnd()
    }
    abilities = try started.get().abilities
    self.mailbox = mailbox
    self.feed = feed
  }

  deinit {
    mailbox.requestEnd()
  }

  /// Ends the program, and returns when it and what it has started are gone. Requests fail from now on.
  public func end() async { await mailbox.end() }

  /// This as a provider that can do what the program can: what to project.
  public var provider: any ContentProvider {
    switch (abilities.contains(.ranges), abilities.contains(.entry), abilities.contains(.pages)) {
    case (false, false, _): self
    case (false, true, false): LookupContent(content: self)
    case (false, true, true): PagedContent(content: self)
    case (true, false, _): RangedContent(content: self)
    case (true, true, false): RangedLookupContent(content: self)
    case (true, true, true): RangedPagedContent(content: self)
    }
  }

  // MARK: - What every program can

  /// The root, as the program has it now.
  public func root() async throws -> DirectoryID {
    let root = try await mailbox.root()
    feed.note(root)
    return root
  }

  /// All entries of a directory.
  public func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    guard !abilities.contains(.pages) else {
      return try await DirectoryListing { cursor in try await page(of: directory, from: cursor) }
    }
    var reader = EntryReader()
    var listing = DirectoryListing()
    try await mailbox.answer(to: .list(directory)) { bytes throws(ProviderError) in
      try reader.read(bytes) { listing.append($0) }
    }
    try reader.finish()
    return listing
  }

  /// Writes a content into `sink`, piece by piece as it comes.
  public func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    try await fetch(.fetch(content), atMost: .max, into: &sink)
  }

  private func fetch(_ request: ProgramRequest, atMost limit: Int64, into sink: inout ContentSink) async throws {
    let start = sink.bytesWritten
    let exchange = try mailbox.submit(request)
    // Also where the sink fails, or too much comes. After the end it does nothing.
    defer { exchange.abandon() }
    while let bytes = try await exchange.next() {
      guard Int64(bytes.count) <= limit - (sink.bytesWritten - start) else {
        throw ProviderError.wrongSize("more bytes than asked for came of \(request.description)")
      }
      try sink.write(bytes)
    }
  }

  /// The lengths of contents: as the program tells them, or counted where it cannot.
  public func sizes(of contents: [ContentID]) async throws -> [Int64] {
    var sizes: [Int64] = []
    sizes.reserveCapacity(contents.count)
    guard abilities.contains(.sizes) else {
      for content in contents {
        var sink = ContentSink.counting()
        try await fetch(content, into: &sink)
        sizes.append(sink.bytesWritten)
      }
      return sizes
    }
    for start in stride(from: 0, to: contents.count, by: Self.batch) {
      let batch = Array(contents[start..<min(start + Self.batch, contents.count)])
      let answers = try await mailbox.fields(of: .sizes(batch)).map { field throws(ProviderError) in
        guard let size = Int64(String(decoding: field, as: UTF8.self)), size >= 0 else {
          throw .damaged("a size of '\(ErrorLines.shown(field.prefix(40)))'")
        }
        return size
      }
      guard answers.count == batch.count else {
        throw ProviderError.wrongSize("the sizes of \(batch.count) contents asked for, \(answers.count) came")
      }
      sizes += answers
    }
    return sizes
  }

  /// What the program says of changes; nothing where it cannot.
  public func changes() -> AsyncStream<ProviderChange> {
    guard abilities.contains(.changes) else { return AsyncStream { $0.finish() } }
    return feed.stream()
  }

  // MARK: - What some can

  /// The bytes of a range.
  func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    let start = sink.bytesWritten
    let length = range.upperBound - range.lowerBound
    try await fetch(.range(content, range), atMost: length, into: &sink)
    guard sink.bytesWritten - start == length else {
      throw ProviderError.wrongSize("\(length) bytes asked for, \(sink.bytesWritten - start) came")
    }
  }

  /// One entry.
  func entry(named name: [UInt8], in directory: DirectoryID) async throws -> DirectoryEntry? {
    var reader = EntryReader()
    var entries: [DirectoryEntry] = []
    try await mailbox.answer(to: .entry(directory, name: name)) { bytes throws(ProviderError) in
      try reader.read(bytes) { entry throws(ProviderError) in
        guard entries.isEmpty else { throw .damaged("more than one entry for one name") }
        entries.append(entry)
      }
    }
    try reader.finish()
    guard let entry = entries.first else { return nil }
    guard entry.name == name else { throw ProviderError.damaged("an entry of another name than the one asked for") }
    return entry
  }

  /// Some entries: in the answer the next page's cursor comes first.
  func page(of directory: DirectoryID, from cursor: ListingCursor?) async throws -> ListingPage {
    var cut = PageReader()
    var listing = DirectoryListing()
    try await mailbox.answer(to: .page(directory, from: cursor?.bytes)) { bytes throws(ProviderError) in
      try cut.read(bytes) { listing.append($0) }
    }
    return ListingPage(entries: listing, next: try cut.finish())
  }
}
