extension ScenarioGroup {
  /// Which calls on files change mtime (m) and ctime (c), and which change nothing.
  static let changes = ScenarioGroup(
    name: "changes of times",
    script: """
      scenario looking changes nothing
      mark . file dir dir/inner link
      stat file type
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH open file {}
      cat file
      cat dir/inner
      list dir
      list .
      readlink link
      access file R
      open file O_CREAT,O_WRONLY
      each .,file,dir,dir/inner,link changed {}

      scenario writing
      open file O_RDWR -> h
      mark file .
      write h x
      changed file
      changed .
      mark file
      pwrite h 100 y
      changed file
      mark file
      write h @empty
      changed file
      mark file
      read h 10
      changed file

      scenario writing through two handles
      open file O_WRONLY -> one
      open file O_WRONLY -> two
      mark file =one =two
      write one x
      changed =two
      changed =one
      changed file
      mark file
      peer write two y
      changed file
      mark file
      close one
      close two
      changed file

      scenario truncating
      open file O_RDWR -> h
      mark file .
      truncate file 3
      changed file
      mark file
      truncate file 3
      changed file
      mark file
      ftruncate h 100
      changed file
      mark file
      ftruncate h 100
      changed file
      mark file
      truncate file 0
      changed file
      changed .

      scenario truncating an empty file
      mark empty
      truncate empty 0
      changed empty

      scenario opening with O_TRUNC
      mark file . empty
      open file O_WRONLY,O_TRUNC
      changed file
      changed .
      open empty O_WRONLY,O_TRUNC
      changed empty
      mark file
      open file O_CREAT,O_RDWR,O_TRUNC
      changed file
      mark . file
      put new 0644
      mark . new
      creat new 0600
      changed new
      changed .

      scenario fallocate, copies and holes
      open file O_RDWR -> h
      mark file
      fallocate h - 0 8192
      changed file
      mark file
      fallocate h KEEP_SIZE 8192 8192
      changed file
      mark file
      fallocate h PUNCH_HOLE,KEEP_SIZE 0 4096
      changed file
      open big O_RDONLY -> b
      mark file big
      copy_file_range b 0 h 0 100
      changed file
      changed big
      mark file
      sendfile h b 0 10
      changed file
      mark file
      lseek h 0 DATA
      fsync h
      changed file

      scenario modes and owners
      mark file . dir
      chmod file 0600
      changed file
      changed .
      mark file
      chmod file 0600
      changed file
      mark file
      chown file 1001 2001
      changed file
      mark file
      chown file - -
      changed file
      mark file
      chown file 1001 2001
      changed file
      open file O_RDONLY -> h
      mark file
      fchmod h 0644
      changed file
      mark file
      fchown h 0 0
      changed file
      chmod dir 0700
      changed dir
      changed .
      mark link file
      lchown link 1 1
      changed link
      changed file

      scenario extended attributes
      mark file .
      setxattr file user.a 1
      changed file
      mark file
      setxattr file user.a 2
      changed file
      mark file
      getxattr file user.a
      listxattr file
      changed file
      removexattr file user.a
      changed file
      mark file
      removexattr file user.a
      changed file
      changed .

      scenario refused calls change nothing
      chmod file 0644
      mark . file dir dir/inner link
      as 1001 chmod file 0600
      as 1001 chown file 1001 -
      as 1001 utimensat file 5 5
      as 1001 truncate file 0
      as 1001 unlink file
      as 1001 rename file new
      as 1001 link file new
      as 1001 open file O_WRONLY,O_TRUNC
      as 1001 setxattr file user.a b
      as 1001 mkdir dir/new
      as 1001 rmdir dir
      rmdir dir
      unlink dir
      link dir new
      truncate dir 0
      rename dir dir/sub/new
      setxattr file user.a b REPLACE
      each .,file,dir,dir/inner,link changed {}

      scenario locks and syncs change nothing
      open file O_RDWR -> h
      mark file .
      flock h EX
      setlk h WR 0 0
      fsync h
      fdatasync h
      syncfs h
      close h
      changed file
      changed .

      scenario a file that is written by mapping
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      mark file
      mread m 0 5
      mwrite m 0 FIRST
      msync m SYNC
      munmap m
      close h
      changed file

      scenario a private mapping
      open file O_RDWR -> h
      mmap h 4096 R,W PRIVATE -> m
      mark file
      mwrite m 0 FIRST
      munmap m
      changed file
      cat file

      """)
}
