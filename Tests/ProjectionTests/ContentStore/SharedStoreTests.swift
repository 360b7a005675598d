import Projection
import Provider
import TestSupport
import Testing

/// Two stores over one directory, as two views of one source have.
@Suite struct SharedStoreTests {
  private let directory: TemporaryDirectory
  private let stores: [ContentStore]

  init() throws {
    let directory = try TemporaryDirectory()
    self.directory = directory
    stores = try (0..<2).map { _ in
      try ContentStore(path: directory.path + "/content", owner: nil, suspectAll: false)
    }
  }

  @Test("What one stores the other has, and what one removes the other has no more")
  func sharing() async throws {
    try await stores[0].keep("id", "text")
    #expect(try stores[1].text(of: "id") == "text")
    try stores[1].remove("id")
    #expect(try stores[0].text(of: "id") == nil)
  }

  @Test("Storing and removing the same few contents from both sides never shows a wrong byte", arguments: 1...4)
  func storm(seed: UInt64) async throws {
    let ids = (0..<6).map { ContentID([UInt8($0)]) }
    let text: @Sendable (ContentID) -> String = { String(repeating: "content \($0) ", count: 1000) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, store) in (stores + stores).enumerated() {
        group.addTask {
          var random = SeededRandom(seed: seed &* 100 &+ UInt64(number))
          for _ in 0..<60 {
            let id = ids.randomElement(using: &random) ?? ids[0]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: try store.remove(id)
            case 1:
              let found = try store.text(of: id)
              #expect(found == nil || found == text(id), "seed \(seed)")
            default:
              _ = try await store.store(id) { sink in
                let bytes = Array(text(id).utf8)
                try sink.write(Array(bytes.prefix(5000)))
                await Task.yield()
                try sink.write(Array(bytes.dropFirst(5000)))
              }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    for id in ids {
      try await stores[0].keep(id, text(id))
      #expect(try stores[1].text(of: id) == text(id), "seed \(seed)")
    }
    #expect(try files(below: stores[0].path).count == ids.count, "seed \(seed): no temporary file is left")
  }

  @Test("A drafted content appears only when it is complete")
  func atomicity() async throws {
    _ = try await stores[0].store("id") { [stores] sink in
      try sink.write([1, 2, 3])
      #expect(!stores[1].contains("id"))
      #expect(try stores[1].contents().isEmpty)
      try sink.write([4])
    }
    #expect(try stores[1].contents().map(\.size) == [4])
  }
}
