import Provider
import TestSupport
import Testing

/// `DirectoryListing` against the naïve way to do the same.
@Suite struct DirectoryListingModelTests {
  /// What a listing should hold after some entries were added.
  private struct Model {
    var entries: [AddedEntry] = []
    var rejected: [[UInt8]] = []

    init(_ added: [AddedEntry]) {
      for entry in added {
        let isName =
          !entry.name.isEmpty && entry.name.count <= 255 && ![".", ".."].contains { Array($0.utf8) == entry.name }
          && !entry.name.contains(0x2f) && !entry.name.contains(0)
        let isNew = !entries.contains { $0.name == entry.name }
        if isName, isNew, entry.id.count <= ContentID.maximumLength {
          entries.append(entry)
        } else {
          rejected.append(entry.name)
        }
      }
      entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    }
  }

  private static func read(_ listing: DirectoryListing, at index: Int) -> AddedEntry {
    let kind = listing.kind(at: index)
    return AddedEntry(
      name: listing.withName(at: index) { Array($0) }, kind: kind,
      id: kind == .directory ? listing.directory(at: index).bytes : listing.content(at: index).bytes,
      permissions: listing.permissions(at: index), size: listing.size(at: index))
  }

  private static func place(of name: [UInt8], in listing: DirectoryListing) -> Int? {
    name.withUnsafeBytes { listing.index(of: $0) }
  }

  /// Byte strings in the order of their bytes, to compare without regard to order.
  private static func ordered(_ names: [[UInt8]]) -> [[UInt8]] {
    names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test("A sorted listing holds each valid entry once, in byte order, and rejects all others", arguments: 1...120)
  func contents(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let added = random.entries(Int.random(in: 0...200, using: &random))
    let model = Model(added)
    var listing = Bool.random(using: &random) ? DirectoryListing() : DirectoryListing(entries: 10, bytes: 100)
    for entry in added { entry.add(to: &listing) }
    let sorted = listing.sorted()

    #expect(sorted.count == model.entries.count, "seed \(seed)")
    #expect(sorted.isEmpty == model.entries.isEmpty, "seed \(seed)")
    let expected = model.entries.map { entry in
      var entry = entry
      entry.size = entry.size.map { max(0, $0) }
      return entry
    }
    #expect((0..<sorted.count).map { Self.read(sorted, at: $0) } == expected, "seed \(seed)")
    #expect(Self.ordered(sorted.rejections.map(\.name)) == Self.ordered(model.rejected), "seed \(seed)")
    #expect(sorted.rejections.allSatisfy { !$0.reason.isEmpty }, "seed \(seed)")
  }

  @Test("A name is found exactly where it is, and no other name is found", arguments: 1...60)
  func search(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let added = random.entries(150)
    let model = Model(added)
    var listing = DirectoryListing()
    for entry in added { entry.add(to: &listing) }
    let sorted = listing.sorted()

    let names = model.entries.map(\.name)
    let nearNames = names.flatMap { name -> [[UInt8]] in
      [name + [0], name + [0x61], Array(name.dropLast()), [0] + name]
    }
    let others = random.entries(150).map(\.name)
    for name in names + nearNames + others + [[], [UInt8](repeating: 0xff, count: 300)] {
      #expect(Self.place(of: name, in: sorted) == names.firstIndex(of: name), "seed \(seed), name \(name)")
    }
  }

  @Test("Sorting again changes nothing, and entries that come sorted stay as they are", arguments: 1...20)
  func idempotence(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var listing = DirectoryListing()
    for entry in random.entries(80) { entry.add(to: &listing) }
    let once = listing.sorted()
    let twice = once.sorted()
    #expect(twice.rejections == once.rejections, "seed \(seed)")
    #expect(
      (0..<twice.count).map { Self.read(twice, at: $0) } == (0..<once.count).map { Self.read(once, at: $0) },
      "seed \(seed)")
  }

  @Test("A size set later is the size of that entry alone", arguments: 1...20)
  func sizes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var listing = DirectoryListing()
    for entry in random.entries(80) { entry.add(to: &listing) }
    var sorted = listing.sorted()
    var sizes = (0..<sorted.count).map { sorted.size(at: $0) }
    for _ in 0..<(sizes.isEmpty ? 0 : 200) {
      let index = Int.random(in: 0..<sizes.count, using: &random)
      let size = Int64.random(in: 0...Int64.max, using: &random)
      sorted.setSize(size, at: index)
      sizes[index] = size
    }
    #expect((0..<sorted.count).map { sorted.size(at: $0) } == sizes, "seed \(seed)")
  }
}
