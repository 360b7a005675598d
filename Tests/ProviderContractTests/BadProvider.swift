import Provider
import Synchronization
import SystemPackage

/// A provider that does everything wrong that a provider can do wrong, one file or directory for each way, beside a good
/// file in each directory.
final class BadProvider: RangedContentProvider, SizeProvider {
  /// What is wrong with a file.
  enum FileFault: String, CaseIterable, Sendable {
    case throwsAtOnce, throwsHalfWay, throwsSomethingElse, givesTooFew, givesTooMany, givesNothing
    case hangs, hangsHalfWay, hangsForGood
    case hasNoSize, hasNegativeSize, hasTooManySizes, hangsWithSize
  }

  /// What is wrong with a directory.
  enum DirectoryFault: String, CaseIterable, Sendable {
    case throwsAtOnce, throwsSomethingElse, hangs, hangsForGood, hasNoID
  }

  /// What a good file holds.
  static let text = Array("as it should be".utf8)
  /// The good file beside each bad thing.
  static let goodName = "good"
  /// Names in the root that no directory could hold, or that stand there twice; with a good one among them.
  static let impossibleNames = ["", ".", "..", "a/b", "/", "nul\0", String(repeating: "x", count: 256), "good"]

  private struct Whatever: Error {}

  /// Calls that nothing ends but this.
  private let stuck = Mutex<[CheckedContinuation<Void, Never>]>([])

  /// Ends the calls that do not heed cancellation.
  func letGo() {
    let stuck = stuck.withLock { stuck in
      defer { stuck = [] }
      return stuck
    }
    for continuation in stuck { continuation.resume() }
  }

  func root() async throws -> DirectoryID { "root" }

  func list(_ directory: DirectoryID) async throws -> DirectoryListing {
    var listing = DirectoryListing()
    let id = String(decoding: directory.bytes, as: UTF8.self)
    if let fault = DirectoryFault(rawValue: id) {
      switch fault {
      case .throwsAtOnce: throw ProviderError.unavailable("not today")
      case .throwsSomethingElse: throw Whatever()
      case .hangs: try await Task.sleep(for: .seconds(3600))
      case .hangsForGood: await hang()
      case .hasNoID: throw ProviderError.missing(id)
      }
    }
    guard id == "root" else { throw ProviderError.missing(id) }
    listing.appendFile(Self.goodName, content: "good", size: Int64(Self.text.count))
    for fault in FileFault.allCases {
      let isSizeFault = [.hasNoSize, .hasNegativeSize, .hasTooManySizes, .hangsWithSize].contains(fault)
      listing.appendFile(
        fault.rawValue, content: ContentID(fault.rawValue.utf8), size: isSizeFault ? nil : Int64(Self.text.count))
    }
    for fault in DirectoryFault.allCases {
      listing.appendDirectory("directory-\(fault.rawValue)", id: DirectoryID(fault.rawValue.utf8))
    }
    for name in Self.impossibleNames { listing.appendFile(name, content: "other", size: 1) }
    return listing
  }

  func sizes(of contents: [ContentID]) async throws -> [Int64] {
    var sizes: [Int64] = []
    for content in contents {
      switch FileFault(rawValue: String(decoding: content.bytes, as: UTF8.self)) {
      case .hasNoSize: break
      case .hasNegativeSize: sizes.append(-5)
      case .hasTooManySizes: sizes += [15, 15, 15]
      case .hangsWithSize: try await Task.sleep(for: .seconds(3600))
      default: sizes.append(Int64(Self.text.count))
      }
    }
    return sizes
  }

  func fetch(_ content: ContentID, into sink: inout ContentSink) async throws {
    try await fetch(content, range: 0..<Int64(Self.text.count), into: &sink)
  }

  func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws {
    let text = Array(Self.text[Int(range.lowerBound)..<Int(range.upperBound)])
    let half = Array(text.prefix(text.count / 2))
    guard let fault = FileFault(rawValue: String(decoding: content.bytes, as: UTF8.self)) else {
      guard content == "good" else { throw ProviderError.missing("\(content)") }
      return try sink.write(text)
    }
    switch fault {
    case .throwsAtOnce: throw ProviderError.unavailable("not today")
    case .throwsSomethingElse: throw Whatever()
    case .throwsHalfWay:
      try sink.write(half)
      throw ProviderError.unavailable("half way")
    case .givesTooFew: try sink.write(half)
    case .givesTooMany:
      try sink.write(text)
      // A provider may swallow what the sink says.
      try? sink.write(text)
    case .givesNothing: break
    case .hangs: try await Task.sleep(for: .seconds(3600))
    case .hangsHalfWay:
      try sink.write(half)
      try await Task.sleep(for: .seconds(3600))
    case .hangsForGood: await hang()
    case .hasNoSize, .hasNegativeSize, .hasTooManySizes, .hangsWithSize: try sink.write(text)
    }
  }

  private func hang() async {
    await withCheckedContinuation { continuation in stuck.withLock { $0.append(continuation) } }
  }
}
