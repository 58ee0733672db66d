#!/usr/bin/perl
#
# Runs the black-box tests against one nginx and one Redis that they share.
#
#   t/run.pl [FILE.t ...]
#
# CRM_MODULE names the module, CRM_SANITIZE=1 says that it was built with
# AddressSanitizer.  Fails also for what the error log or a sanitizer reports.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/..') }

use lib "$top/t/lib";
use CRM::Server;

chdir $top or die "$top: $!\n";

my @files = @ARGV ? @ARGV : glob 't/*.t';

local $SIG{INT} = local $SIG{TERM} = sub { exit 130 };

my $server = CRM::Server->new;
$server->share;
$ENV{CRM_TEST_SERVER} = $server->dir;

my $failed = system('prove', '-j2', '--timer', '-It/lib', @files) != 0;

if (!$server->finish) {
    print "The error log or a sanitizer has something to say: see above.\n";
    $failed = 1;
}

exit($failed ? 1 : 0);
