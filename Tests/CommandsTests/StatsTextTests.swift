import Control
import Testing

@testable import Commands

@Suite struct StatsTextTests {
  @Test("The overview, as it is printed")
  func overview() {
    let expected = """
      /tmp/a "quoted\\\\" view\\n: 14 of 100,007 files hydrated (<0.1%), 5.0 MiB of 1.0 GiB (0.5%)

      files             count  share    bytes  share
        virtual        99,900  99.9%
        placeholder        90  <0.1%
        hydrated           14  <0.1%  5.0 MiB   0.5%
        full                2  <0.1%
        tombstone           1  <0.1%
        total         100,007         1.0 GiB
        new                 3
        full and new        5         2.0 KiB

      hydration      contents    bytes  failed
        by open            11  4.0 MiB       1
        by prefetch         3  1.0 MiB       0
        all                14  5.0 MiB       1
        shared              4
        denied              2
        in flight           0
        latency: median 90 µs, 90% 1.5 ms, 99% 2.3 s, slowest 2.3 s

      opens                 count  share
        passthrough            30  75.0%
        served by requests     10  25.0%
        backing files          14

      requests  count  errors  median     90%     99%  slowest
        LOOKUP  1,000       0    8 µs   12 µs   40 µs   900 µs
        OPEN       40       2  100 µs  200 µs  300 µs   400 µs
        FORGET      7       0    0 µs    0 µs    0 µs     0 µs

      hydrated for       session of  contents      bytes  share
        rg (12)          code (9)           9    4.0 MiB  80.0%
        \\x1b[31m\\n (13)  -                  4  512.0 KiB  10.0%
        others                              1  512.0 KiB  10.0%

      content store  20 files, 6.0 MiB
      inodes known   104
      server memory  12.0 MiB
      up             1 h 2 min
      """
    #expect(StatsText(SampleReports.busy).text == expected)
  }

  @Test("Directories as a tree, with how many were left out behind what is shown of each")
  func directories() {
    let text = StatsText(SampleReports.busy, [.directories]).text
    let names = text.split(separator: "\n").dropFirst(2).map { line in
      String(line.prefix { $0 == " " }) + line.split(separator: " ").prefix(2).joined(separator: " ")
    }
    #expect(
      names == [
        "  / 14", "    src/ 10", "      \\x1b]0;x/ 10", "      + 1", "    tests/ 4", "    + 5",
      ])
  }

  @Test("What the kernel holds, with what has no name any more")
  func backingFiles() {
    let lines = StatsText(SampleReports.busy, [.backingFiles]).lines.dropFirst(2).map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(
      Array(lines) == [
        "backing files of opens", "src/a store 2 /store/ab/cd", "f\\xff local idle (no name any more)",
        "(removed) store 1 /store/ab/ce",
      ])
  }

  @Test("Only nothing is 0%, and only all of it 100%")
  func percentages() {
    #expect(Format.percent(0, of: 10) == "0%" && Format.percent(10, of: 10) == "100%")
    #expect(Format.percent(1, of: 1_000_000) == "<0.1%" && Format.percent(999_999, of: 1_000_000) == "99.9%")
    #expect(
      Format.percent(1, of: 8) == "12.5%" && Format.percent(0, of: 0) == "0%" && Format.percent(3, of: 2) == "150.0%")
  }

  @Test("Nothing that a terminal would obey is printed, but for colours where they are wanted")
  func control() {
    for sections in [[], [.directories], [.processes], [.backingFiles]] as [[StatsText.Section]] {
      let plain = StatsText(SampleReports.busy, sections).text
      #expect(plain.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7f })
      let coloured = StatsText(SampleReports.busy, sections, TextStyle(isColoured: true)).text
      #expect(withoutColours(coloured) == plain)
      #expect(coloured != plain)
    }
  }

  private func withoutColours(_ text: String) -> String {
    var result = ""
    var isSequence = false
    for character in text.unicodeScalars {
      if character == "\u{1b}" { isSequence = true }
      if !isSequence { result.unicodeScalars.append(character) }
      if character == "m" { isSequence = false }
    }
    return result
  }
}

@Suite struct DisplayTests {
  @Test(
    "Bytes become text that can be printed anywhere",
    arguments: [
      ("plain", "plain"), ("näme", "näme"), ("a\nb\tc\\", "a\\nb\\tc\\\\"), ("\u{1b}[2J", "\\x1b[2J"),
      ("\u{202e}txt", "\\u{202e}txt"), ("\u{85}", "\\x85"),
    ])
  func safe(raw: String, shown: String) {
    #expect(Display.safe(raw) == shown)
  }

  @Test("Bytes that are no UTF-8 are shown one by one, and what is around them as it is")
  func invalid() {
    #expect(Display.safe([0x61, 0xff, 0x62]) == "a\\xffb")
    #expect(Display.safe([0xe2, 0x82]) == "\\xe2\\x82")
    #expect(Display.safe([0xc3, 0xa4, 0xc3]) == "ä\\xc3")
    #expect(Display.safe([]) == "")
  }

  @Test("Texts are cut and filled to columns, wide characters as two")
  func columns() {
    #expect(Display.width("日本") == 4 && Display.width("e\u{301}") == 1)
    #expect(Display.fit("abc", 5) == "abc  " && Display.fit("abcdef", 4) == "abc…")
    #expect(Display.cut("abcdef", 4, keepingEnd: true) == "…def")
    #expect(Display.width(Display.cut("日本語", 4)) == 4 && Display.width(Display.cut("日本語", 4, keepingEnd: true)) == 4)
    #expect(Display.cut("abc", 0) == "" && Display.prefix("日本", 3) == "日")
    #expect(Screen.cut("\u{1b}[1mabcdef\u{1b}[0m", 3) == "\u{1b}[1mabc\u{1b}[0m")
  }
}
