#!/usr/bin/perl
#
# How fast requests are, as a ratio to nginx's own `return 200' of the same
# bytes: in the same nginx, in the same run, in alternating rounds, medians.
#
#   make bench                         or with other sizes:
#   t/bench/run.pl [--rounds 5] [--seconds 3] [--connections 64]
#                  [--workers 1] [--leads 2000]
#
# Needs wrk.  Nothing else should run on the machine.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/../..') }

use lib "$top/t/lib";
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;

GetOptions(
    'rounds=i'      => \(my $rounds      = 5),
    'seconds=i'     => \(my $seconds     = 3),
    'connections=i' => \(my $connections = 64),
    'workers=i'     => \(my $workers     = 1),
    'leads=i'       => \(my $leads       = 2000),
) or die "see the head of $0\n";

my $server = CRM::Server->new(workers => $workers, server => 'access_log off;');
my $crm    = CRM::Test->tenant(server => $server, slug => 'bench');
my $lead   = load($leads);

my @subjects = (
    { name => 'GET /leads/{id}', path => "/leads/$lead" },
    { name => 'GET /board',      path => '/board' },
);

add_references(@subjects);

for (1 .. $rounds) {
    for my $subject (@subjects) {
        push @{ $subject->{plain} }, wrk("/plain/$subject->{number}");
        push @{ $subject->{crm} },   wrk("/crm/v1$subject->{path}");
    }
}

report(@subjects);
exit($server->finish ? 0 : 1);


# Eight columns with at least twenty cards each.

sub load {
    my ($count) = @_;

    my @stages = map { $_->{id} } @{ ok($crm->get('/stages'))->{data} };

    push @stages, ok($crm->post('/stages', {
        name => "Stage $_", sequence => 31 + $_,
    }))->{id} for scalar(@stages) + 1 .. 8;

    my @operations = map { {
        op   => 'create',
        body => {
            name             => "Lead number $_ of the benchmark",
            stage_id         => $stages[$_ % @stages],
            contact_name     => 'Maryam Hosseini',
            company_name     => "Company $_",
            email            => "lead$_\@company$_.example",
            phone            => sprintf('+98 912 %07d', $_),
            city             => 'Tehran',
            country          => 'IR',
            description      => 'Wants an offer with delivery times.',
            expected_revenue => 1000 * ($_ % 977),
            priority         => $_ % 4,
            source           => 'Website',
        },
    } } 1 .. $count;

    my $id;

    while (my @part = splice @operations, 0, 200) {
        my $answer = ok($crm->post('/leads/batch', { operations => \@part }));
        die "batch: $answer->{failed} failed\n" if $answer->{failed};
        $id = $answer->{results}[0]{id};
    }

    return $id;
}


sub ok {
    my ($res) = @_;

    die $res->describe . "\n" if $res->status !~ /^2/;

    return $res->json;
}


# `return 200' of the bytes that each subject answers.  nginx limits a word of
# its configuration to 4096 bytes: a long body is joined from pieces, which
# only flatters us by a few microseconds.

sub add_references {
    my (@subjects) = @_;

    my $number = 0;

    for my $subject (@subjects) {
        my $body = $crm->get($subject->{path})->body;
        my $n = $subject->{number} = ++$number;

        $subject->{bytes} = length $body;
        $body =~ s/([\\'])/\\$1/g;
        die "a \$ in the body\n" if $body =~ /\$/;

        my @pieces = $body =~ /((?:\\.|[^\\]){1,1800})/gs;
        my $words  = join '', map { "\${plain_${n}_$_}" } 0 .. $#pieces;

        $server->{http} .= join '', map {
            "map '' \$plain_${n}_$_ { default '$pieces[$_]'; }\n"
        } 0 .. $#pieces;

        $server->{server} .= "location = /plain/$n {
            default_type application/json; return 200 \"$words\"; }\n";
    }

    $server->write('nginx.conf', $server->nginx_conf);
    $server->reload;
    $server->wait_ready;

    for my $subject (@subjects) {
        my $plain = $crm->{ua}->get($crm->url("/plain/$subject->{number}"))
                    ->res->body;
        die "$subject->{name}: the reference has other bytes\n"
            if length $plain != $subject->{bytes};
    }
}


# requests a second

sub wrk {
    my ($path) = @_;

    my $url  = 'http://127.0.0.1:' . $server->port . $path;
    my $text = qx(wrk -t 1 -c $connections -d ${seconds}s \\
                  -H 'Host: bench.localhost' \\
                  -H 'Authorization: Bearer @{[ $crm->token ]}' $url 2>&1);

    die "$path:\n$text" if $text =~ /Non-2xx|Socket errors/;
    $text =~ m{^Requests/sec:\s*([\d.]+)}m or die "$path:\n$text";

    return $1;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[@sorted / 2];
}


sub report {
    my (@subjects) = @_;

    print "\n$leads leads, $workers worker(s), $connections connections, "
        . "medians of $rounds rounds of $seconds s\n\n";
    printf "%-18s %8s %12s %12s %7s\n", '', 'bytes', 'return 200/s',
        'this/s', 'ratio';

    for my $subject (@subjects) {
        my ($plain, $crm) = map { median(@{ $subject->{$_} }) } qw(plain crm);

        printf "%-18s %8d %12.0f %12.0f %7.2f\n", $subject->{name},
            $subject->{bytes}, $plain, $crm, $crm / $plain;
    }
}
