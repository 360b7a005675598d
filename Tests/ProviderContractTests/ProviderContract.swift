import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

/// What every provider has to do, whatever it projects: the tree that it was made from, however it is asked.
struct ProviderContract: Sendable {
  let provider: any ContentProvider
  let expected: SampleTree
  private let fetched: FetchedBytes

  init(_ provider: any ContentProvider, _ expected: SampleTree) throws {
    self.provider = provider
    self.expected = expected
    fetched = try FetchedBytes()
  }

  /// One entry, as it was listed, and where.
  struct Found: Sendable {
    let entry: DirectoryEntry
    let directory: DirectoryID
  }

  /// Everything that the provider lists, by path.
  func walk() async throws -> [[UInt8]: Found] {
    var found: [[UInt8]: Found] = [:]
    var waiting: [(path: [UInt8], id: DirectoryID)] = [([], try await provider.root())]
    while let (path, id) = waiting.popLast() {
      let listing = try await provider.list(id).sorted()
      #expect(listing.rejections.isEmpty)
      for index in 0..<listing.count {
        let name = listing.name(at: index)
        let below = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
        let kind = listing.kind(at: index)
        let entry = DirectoryEntry(
          name: name, kind: kind,
          id: kind == .directory ? listing.directory(at: index).bytes : listing.content(at: index).bytes,
          permissions: listing.permissions(at: index), size: listing.size(at: index))
        found[below] = Found(entry: entry, directory: id)
        if kind == .directory { waiting.append((below, listing.directory(at: index))) }
      }
    }
    return found
  }

  /// Names, kinds, permissions, sizes and bytes are those of the tree, also when they are asked for once more.
  func checkTree() async throws {
    let found = try await walk()
    #expect(Set(found.keys) == Set(expected.items.keys))
    for (path, item) in expected.items {
      guard let entry = found[path]?.entry else { continue }
      try await check(entry, is: item, Self.text(path))
    }
    let again = try await walk()
    #expect(again.mapValues(\.entry) == found.mapValues(\.entry))
  }

  private func check(_ entry: DirectoryEntry, is item: SampleTree.Item, _ path: String) async throws {
    switch item {
    case .directory: #expect(entry.kind == .directory, "\(path)")
    case .file(let bytes, let isExecutable):
      #expect(entry.kind == .file, "\(path)")
      #expect((entry.permissions & 0o100 != 0) == isExecutable, "\(path)")
      try await checkContent(entry, bytes, path)
    case .link(let target):
      #expect(entry.kind == .symbolicLink, "\(path)")
      try await checkContent(entry, target, path)
    }
  }

  private func checkContent(_ entry: DirectoryEntry, _ bytes: [UInt8], _ path: String) async throws {
    let content = ContentID(entry.id)
    if let size = entry.size { #expect(size == bytes.count, "\(path)") }
    #expect(try await provider.measuredSizes(of: [content]) == [Int64(bytes.count)], "\(path)")
    for _ in 0..<2 {
      let isSame = try await fetched.whole(content, of: provider) == bytes
      #expect(isSame, "\(path)")
    }
  }

  /// Sizes come in the order in which they were asked for, and as often.
  func checkSizes() async throws {
    let found = try await walk()
    let files = expected.files.flatMap { [$0, $0] }.shuffled()
    let contents = files.compactMap { found[$0.path].map { ContentID($0.entry.id) } }
    #expect(try await provider.measuredSizes(of: contents) == files.map { Int64($0.bytes.count) })
    #expect(try await provider.measuredSizes(of: []) == [])
  }

  /// Any number of calls at once gives what one gives.
  func checkConcurrency() async throws {
    let found = try await walk()
    let (provider, fetched) = (provider, fetched)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for (path, bytes) in expected.files + expected.files {
        guard let one = found[path] else { continue }
        group.addTask {
          _ = try await provider.list(one.directory)
          return try await fetched.whole(ContentID(one.entry.id), of: provider) == bytes
        }
      }
      for try await isSame in group { #expect(isSame) }
    }
  }

  /// An ID that the provider never gave is a `ProviderError`, and no harm is done.
  func checkUnknown(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let known = try await walk().values.map(\.entry)
    for _ in 0..<100 {
      var id: [UInt8] = known.randomElement(using: &random)?.id ?? []
      switch Int.random(in: 0..<4, using: &random) {
      case 0: id = (0..<Int.random(in: 0...120, using: &random)).map { _ in .random(in: .min ... .max, using: &random) }
      case 1:
        if let place = id.indices.randomElement(using: &random) {
          id[place] ^= 1 << Int.random(in: 0..<8, using: &random)
        }
      case 2: id = id.dropLast()
      default: id.append(.random(in: .min ... .max, using: &random))
      }
      guard !known.contains(where: { $0.id == id }), id.count <= ContentID.maximumLength else { continue }
      await expectProviderError { _ = try await fetched.whole(ContentID(id), of: provider) }
      await expectProviderError { _ = try await provider.list(DirectoryID(id)) }
    }
    try await checkTree()
  }

  /// It may answer all the same, where an ID means something that was not listed; but in no other way may it fail.
  private func expectProviderError(_ body: () async throws -> Void) async {
    do {
      try await body()
    } catch is ProviderError {
      // As it should be.
    } catch {
      Issue.record("\(type(of: error)) and no ProviderError: \(error)")
    }
  }

  /// A cancelled call ends, by itself or with its work, and leaves nothing behind that disturbs the next.
  func checkCancellation() async throws {
    let found = try await walk()
    let (provider, fetched) = (provider, fetched)
    for (path, bytes) in expected.files {
      guard let entry = found[path]?.entry else { continue }
      let task = Task { try await fetched.whole(ContentID(entry.id), of: provider) }
      task.cancel()
      if let read = try? await task.value { #expect(read == bytes) }
    }
    try await checkTree()
  }

  static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}

// MARK: - What only some can do

extension ProviderContract {
  /// Any range is that part of the whole. False where the provider has no ranges.
  func checkRanges(seed: UInt64) async throws -> Bool {
    guard let ranged = provider as? any RangedContentProvider else { return false }
    var random = SeededRandom(seed: seed)
    let found = try await walk()
    for (path, bytes) in expected.files where !bytes.isEmpty {
      guard let entry = found[path]?.entry else { continue }
      for _ in 0..<4 {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = Int.random(in: start + 1...bytes.count, using: &random)
        let read = try await fetched.range(Int64(start)..<Int64(end), of: ContentID(entry.id), ranged)
        let isSame = read == Array(bytes[start..<end])
        #expect(isSame, "\(Self.text(path)) \(start)..<\(end)")
      }
    }
    return true
  }

  /// One name is found as it is listed. False where the provider cannot find one.
  func checkLookups() async throws -> Bool {
    guard let finder = provider as? any EntryLookupProvider else { return false }
    for found in try await walk().values {
      #expect(try await finder.entry(named: found.entry.name, in: found.directory) == found.entry)
      let absent = Array(found.entry.name.dropLast()) + [UInt8(ascii: "?")]
      #expect(try await finder.entry(named: absent, in: found.directory) == nil)
    }
    return true
  }

  /// What is right is confirmed, and what is not is refused. False where the provider cannot verify.
  func checkVerification() async throws -> Bool {
    guard let verifier = provider as? any ContentVerifier else { return false }
    let found = try await walk()
    for (path, bytes) in expected.files {
      guard let entry = found[path]?.entry else { continue }
      let content = ContentID(entry.id)
      let right = try fetched.file(holding: bytes)
      #expect(try await verifier.verify(content, file: FileDescriptor(rawValue: right.rawValue)), "\(Self.text(path))")
      let wrong = try fetched.file(holding: bytes.isEmpty ? [0] : [bytes[0] ^ 1] + bytes.dropFirst())
      let isRefused = try await !verifier.verify(content, file: FileDescriptor(rawValue: wrong.rawValue))
      #expect(isRefused, "\(Self.text(path))")
    }
    return true
  }
}
