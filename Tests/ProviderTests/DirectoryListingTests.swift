import Provider
import TestSupport
import Testing

@Suite struct DirectoryListingTests {
  @Test("Entries come back sorted by bytes, each as it was appended")
  func sorting() {
    var listing = DirectoryListing()
    listing.appendFile("b", content: "two", size: 2)
    listing.appendDirectory("a", id: "dir")
    listing.appendSymbolicLink("a.c", target: "to", size: nil)
    let sorted = listing.sorted()
    let names = (0..<sorted.count).map { sorted.withName(at: $0) { String(decoding: $0, as: UTF8.self) } }
    #expect(names == ["a", "a.c", "b"])
    #expect(sorted.kind(at: 0) == .directory && sorted.directory(at: 0) == "dir")
    #expect(sorted.kind(at: 1) == .symbolicLink && sorted.size(at: 1) == nil)
    #expect(sorted.kind(at: 2) == .file && sorted.content(at: 2) == "two" && sorted.size(at: 2) == 2)
    #expect((0..<sorted.count).map { sorted.permissions(at: $0) } == [0o755, 0o777, 0o644])
  }

  @Test("Pages make one listing; where they do not end, it is an error")
  func pages() async throws {
    func page(_ number: Int?, next: Int?) -> ListingPage {
      var entries = DirectoryListing()
      if let number { entries.appendFile("\(number)", content: "content", size: 1) }
      return ListingPage(entries: entries, next: next.map { ListingCursor([UInt8($0)]) })
    }
    func number(_ cursor: ListingCursor?) -> Int { cursor.map { Int($0.bytes[0]) } ?? 0 }
    let all = try await DirectoryListing { cursor in
      let place = number(cursor)
      return page(place == 5 ? nil : place, next: place < 9 ? place + 1 : nil)
    }
    #expect((0..<all.count).map { String(decoding: all.name(at: $0), as: UTF8.self) } == "012346789".map(String.init))
    await #expect(throws: ProviderError.self) {
      _ = try await DirectoryListing { page(number($0), next: max(3, number($0))) }
    }
    await #expect(throws: ProviderError.self) { _ = try await DirectoryListing { page(nil, next: number($0) ^ 1) } }
  }

  @Test("Of entries with one name the first stays, whatever they are")
  func duplicates() {
    var listing = DirectoryListing()
    listing.appendFile("z", content: "first", size: 1)
    listing.appendDirectory("z", id: "second")
    listing.appendSymbolicLink("z", target: "third", size: nil)
    let sorted = listing.sorted()
    #expect(sorted.count == 1)
    #expect(sorted.content(at: 0) == "first")
    #expect(sorted.rejections.map(\.name) == [Array("z".utf8), Array("z".utf8)])
  }

  @Test("Permissions keep their lower twelve bits and never change the kind", arguments: EntryKind.allCases)
  func permissions(kind: EntryKind) {
    var listing = DirectoryListing()
    listing.append("x".utf8, kind, id: [1], permissions: 0xffff, size: nil)
    #expect(listing.kind(at: 0) == kind)
    #expect(listing.permissions(at: 0) == 0o7777)
  }

  @Test("A negative size counts as no bytes, both listed and set")
  func negativeSize() {
    var listing = DirectoryListing()
    listing.appendFile("x", content: "id", size: -5)
    #expect(listing.size(at: 0) == 0)
    listing.setSize(-1, at: 0)
    #expect(listing.size(at: 0) == 0)
  }

  @Test("What a provider rejects itself is kept beside what the listing rejects")
  func rejections() {
    var listing = DirectoryListing()
    listing.reject("own".utf8, "a reason")
    listing.appendFile("a/b", content: "id", size: nil)
    listing.appendFile("b", content: "id", size: nil)
    listing.appendFile("a", content: "id", size: nil)
    let sorted = listing.sorted()
    #expect(sorted.count == 2)
    #expect(sorted.rejections.map { String(decoding: $0.name, as: UTF8.self) } == ["own", "a/b"])
    #expect(sorted.rejections.first?.reason == "a reason")
  }

  @Test("An empty listing sorts to an empty listing in which nothing is found")
  func empty() {
    let sorted = DirectoryListing().sorted()
    #expect(sorted.isEmpty && sorted.rejections.isEmpty)
    #expect("a".utf8.withContiguousStorageIfAvailable { sorted.index(of: UnsafeRawBufferPointer($0)) } == .some(nil))
  }

  @Test("A hundred thousand entries in reverse order are sorted and found")
  func large() {
    let count = 100_000
    var listing = DirectoryListing()
    for number in (0..<count).reversed() { listing.appendFile("file-\(number)", content: "id", size: Int64(number)) }
    let sorted = listing.sorted()
    #expect(sorted.count == count)
    for number in stride(from: 0, to: count, by: 997) {
      let name = Array("file-\(number)".utf8)
      let index = name.withUnsafeBytes { sorted.index(of: $0) }
      #expect(index.flatMap { sorted.size(at: $0) } == Int64(number))
    }
  }
}
