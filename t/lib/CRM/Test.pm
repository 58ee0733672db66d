package CRM::Test;

# What a test file begins with:
#
#   use utf8;
#   use CRM::Test;
#
#   my $crm = CRM::Test->tenant(timezone => 'Asia/Tehran');
#   my $res = $crm->post('/leads', { name => 'بهار' });
#
#   $crm->status_ok($res, 201);
#   $crm->problem_ok($crm->post('/leads', {}), 422, 'validation',
#                    [['name', 'required']]);
#   $crm->check_clean;
#   done_testing;
#
# Under t/run.pl all files share one nginx and one Redis, each file with
# tenants of its own; run by hand (prove -It/lib t/leads.t) a file starts its
# own.  What stops or breaks a server asks for a private one.
#
# Also turns on strict, warnings, and exports Test::More.

use strict;
use warnings;

use CRM::Client;
use CRM::Server;
use File::Basename qw(basename);
use Test::More;

my ($server, @servers);
my $tenants = 0;


sub import {
    my $caller = caller;

    strict->import;
    warnings->import;
    Test::More->export_to_level(1);

    binmode $_, ':encoding(UTF-8)'
        for map { Test::More->builder->$_ } qw(output failure_output
                                               todo_output);
}


# the server that test files share

sub server {
    my ($class) = @_;

    return $server //= $ENV{CRM_TEST_SERVER}
                       ? CRM::Server->attach($ENV{CRM_TEST_SERVER})
                       : $class->private;
}


# A server for this file alone; options: CRM::Server.

sub private {
    my ($class, %options) = @_;

    my $private = CRM::Server->new(%options);
    push @servers, $private;

    return $private;
}


# A new tenant and its admin.  Arguments are the fields of POST /tenants;
# server => one that private() returned.

sub tenant {
    my ($class, %fields) = @_;

    my $where = delete $fields{server} // $class->server;
    my $client = CRM::Client->new(server => $where);

    my $slug = $fields{slug} // slug();

    my $res = $client->operator('POST', '/tenants', {
        slug         => $slug,
        company_name => 'Tests',
        admin        => { name => 'Admin', email => 'admin@tests.example' },
        %fields,
    });
    die 'tenant: ' . $res->describe . "\n" if $res->status != 201;

    return CRM::Client->new(
        server => $where, slug => $slug, token => $res->json->{token},
    );
}


# A client of no tenant, for the operator's API and for requests that are
# meant to fail.

sub nobody {
    my ($class, %options) = @_;

    return CRM::Client->new(server => $class->server, %options);
}


sub slug {
    my $file = lc basename($0, '.t');

    $file =~ s/[^a-z0-9]+/-/g;
    $file =~ s/^-+//;

    return substr($file, 0, 40) . "-$$-" . ++$tenants;
}


END {
    my $status = $?;

    for my $private (@servers) {
        $status = 1 if $private->{owner} == $$ && !$private->finish
                       && $status == 0;
    }

    $? = $status;
}


1;
