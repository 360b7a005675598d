import Projection
import TestSupport
import Testing

@Suite struct InodeNumberTests {
  private func number(of name: [UInt8], in directory: UInt64, key: UInt64) -> UInt64 {
    name.withUnsafeBytes { InodeNumbers(key: key).number(of: $0, in: directory) }
  }

  private func name(_ random: inout SeededRandom) -> [UInt8] {
    (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: 1...255, using: &random) }
  }

  @Test("The same key, directory and name give the same number", arguments: 1...20)
  func stability(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let key = random.next()
    let directory = random.next()
    let name = name(&random)
    #expect(number(of: name, in: directory, key: key) == number(of: name, in: directory, key: key), "seed \(seed)")
    #expect(InodeNumbers(key: key).root == InodeNumbers(key: key).root, "seed \(seed)")
  }

  @Test("Numbers written down once stay what they are: views keep them over versions of the program")
  func compatibility() {
    #expect(InodeNumbers(key: 1).root == 8_245_168_133_484_221_968)
    #expect(number(of: Array("README.md".utf8), in: 12345, key: 1) == 7_526_981_594_223_642_460)
  }

  @Test("Another key, another directory and another name give other numbers", arguments: 1...20)
  func difference(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let key = random.next()
    let directory = random.next()
    let name = name(&random)
    let own = number(of: name, in: directory, key: key)
    for bit in 0..<64 {
      #expect(number(of: name, in: directory, key: key ^ 1 << bit) != own, "seed \(seed), bit \(bit)")
      #expect(number(of: name, in: directory ^ 1 << bit, key: key) != own, "seed \(seed), bit \(bit)")
    }
    for place in name.indices {
      var other = name
      other[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      #expect(number(of: other, in: directory, key: key) != own, "seed \(seed), place \(place)")
    }
    #expect(number(of: name + [0], in: directory, key: key) != own, "seed \(seed)")
    #expect(number(of: Array(name.dropLast()), in: directory, key: key) != own, "seed \(seed)")
  }

  @Test("Names of a large directory all differ in their number, and leave the top bit, 0 and 1 free")
  func spread() {
    let root = InodeNumbers(key: 99).root
    let inodes = Set((0..<200_000).map { number(of: Array("file-\($0).txt".utf8), in: root, key: 99) })
    #expect(inodes.count == 200_000)
    #expect(inodes.allSatisfy { $0 >= 2 && $0 >> 63 == 0 })
  }

  @Test("Whatever the key, the root and what is in it have 63-bit numbers above 1", arguments: [0, 1, .max, 1 << 63])
  func range(key: UInt64) {
    for directory in [0, 1, key, .max] as [UInt64] {
      for inode in [InodeNumbers(key: key).root, number(of: [], in: directory, key: key)] {
        #expect(inode >= 2 && inode >> 63 == 0)
      }
    }
  }
}
