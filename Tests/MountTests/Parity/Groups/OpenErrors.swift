extension ScenarioGroup {
  /// open(2), where it has to refuse.
  static let openErrors = ScenarioGroup(
    name: "open refuses",
    script: """
      scenario a new file that may not be read by its owner
      chmod . 0777
      user 1001
      open new O_CREAT,O_RDWR 0 -> h
      write h text
      pread h 10 0
      open new O_RDONLY
      open new O_WRONLY
      open new2 O_CREAT,O_WRONLY 0444 -> h2
      write h2 text
      open new2 O_WRONLY
      open new2 O_CREAT,O_WRONLY
      open new2 O_RDONLY,O_TRUNC
      cat new2

      scenario paths that lead nowhere
      symlink loop loop
      each O_RDONLY,O_WRONLY,O_CREAT open missing/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open file/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open link/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open dangling/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open loop/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open loop {}
      each O_RDONLY,O_WRONLY,O_CREAT open @empty {}
      each O_RDONLY,O_WRONLY,O_CREAT open @name256 {}
      each O_RDONLY,O_WRONLY,O_CREAT open dir/@name256 {}
      each O_RDONLY,O_WRONLY,O_CREAT open @name255 {}
      each O_RDONLY,O_WRONLY,O_CREAT open @path4096:file {}
      each O_RDONLY,O_WRONLY,O_CREAT open @path4095:file {}
      open loop O_RDONLY,O_NOFOLLOW
      open missing O_RDONLY
      open dir/missing O_WRONLY

      scenario permissions of a file
      chmod . 0777
      each 0644,0600,0060,0006,0444,0222,0000 put f{} {} text
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_WRONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDWR
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001:0 open {} O_RDONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001:2001:0 open {} O_WRONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDONLY,O_TRUNC
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 chown {} 1001 0
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_WRONLY

      scenario permissions of files that were there
      as 1001 open file O_RDONLY
      as 1001 open file O_WRONLY
      as 1001 open file O_RDONLY,O_TRUNC
      as 1001 open file O_WRONLY,O_TRUNC
      as 1001 open dir O_RDONLY
      as 1001 open new O_CREAT
      as 1001 open file O_CREAT,O_WRONLY
      as 1001 open file O_CREAT,O_RDONLY
      as 1001 open dir/new O_CREAT,O_EXCL
      cat file
      chmod file 0666
      as 1001 open file O_WRONLY,O_TRUNC
      stat file size,uid

      scenario opening files in a sticky directory
      mkdir sticky 0777
      chmod sticky 01777
      as 1001 put sticky/of-one 0666 text
      as 1002 open sticky/of-one O_WRONLY
      as 1002 open sticky/of-one O_RDWR,O_TRUNC
      stat sticky/of-one size

      scenario what a handle may do stays when permissions change
      chmod . 0777
      as 1001 put mine 0600 text
      user 1001
      open mine O_RDWR -> h
      chmod mine 0
      write h TEXT
      pread h 4 0
      open mine O_RDWR
      root
      chown mine 0 0
      user 1001
      write h more
      fstat h mode,uid,size
      fchmod h 0600

      """)
}
