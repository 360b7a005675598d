extension ScenarioGroup {
  /// Which calls change atime, as on a file system that is mounted with relatime.
  static let accessTimes = ScenarioGroup(
    name: "access times",
    script: """
      scenario atime of a new file
      put new 0644 text
      utimensat new 5 now
      mark new
      open new O_RDONLY -> h
      accessed new
      read h 4
      accessed new
      mark new
      pread h 4 0
      accessed new

      scenario atime when nothing is read
      put new 0644 text
      utimensat new 5 now
      open new O_RDONLY -> h
      mark new
      pread h 0 0
      accessed new

      scenario atime of a file that was there
      utimensat file 5 now
      mark file
      cat file
      accessed file
      changed file

      scenario atime that is new enough
      utimensat file 5 now
      tick
      cat file
      mark file
      cat file
      accessed file

      scenario atime is left alone by O_NOATIME
      utimensat file 5 now
      mark file
      open file O_RDONLY,O_NOATIME -> h
      read h 5
      accessed file

      scenario atime of directories
      mkdir new
      utimensat new 5 now
      mark new
      list new
      accessed new
      mark new
      list new
      accessed new
      utimensat dir 5 now
      mark dir
      list dir
      accessed dir
      changed dir

      scenario atime of symbolic links
      utimensat link 5 now NOFOLLOW
      mark link
      readlink link
      accessed link
      symlink file new
      utimensat new 5 now NOFOLLOW
      mark new
      cat new
      accessed new

      scenario atime of what was read before
      put new 0644 text
      cat new
      utimensat new 5 now
      mark new
      cat new
      accessed new

      scenario atime of what is mapped
      utimensat file 5 now
      open file O_RDONLY -> h
      mark file
      mmap h 4096 R SHARED -> m
      mread m 0 5
      accessed file

      scenario atime of what is executed
      utimensat tool 5 now
      mark tool
      exec tool
      accessed tool

      scenario atime of what is copied by copy_file_range
      open big O_RDONLY -> b
      open empty O_WRONLY -> e
      utimensat big 5 now
      mark big
      copy_file_range b 0 e 0 100
      accessed big

      scenario atime of what is copied by sendfile
      open file O_RDONLY -> h
      open empty O_WRONLY -> e
      utimensat file 5 now
      mark file
      sendfile e h 0 10
      accessed file

      """)
}
