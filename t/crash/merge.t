# Merges, unmerges and conversions while workers are killed: every record is
# as before or as after, no customer is made twice, and the indexes hold.

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use Time::HiRes qw(sleep time);

my $server = CRM::Test->private;
my $crm    = CRM::Test->tenant(server => $server);
my $groups = 40;

$crm->status_ok($crm->patch('/settings', { use_leads => \1 }), 200);

my (@group, @convert);

for my $n (1 .. $groups) {
    my @ids = map { $crm->post('/leads', {
                        name => "Group $n/$_", email => "g$n\@x.example"
                    })->json->{id} } 1 .. 3;

    $crm->post("/leads/$_/messages", { body => "note on $_" }) for @ids;
    $crm->post("/leads/$_/activities", { type_id => 4 }) for @ids;

    push @group, \@ids;
    push @convert, $crm->post('/leads', {
        name => "Lead $n", type => 'lead', contact_name => "Person $n",
        company_name => 'Company ' . int($n / 2) })->json->{id};
}


# requests in rows, the workers killed in the middle of some; what was not
# answered is asked again, as a client would

sub under_fire {
    my (@requests) = @_;

    my $kills = 0;

    for my $round (1 .. 5) {
        my @row = splice @requests, 0, 16 or last;

        for my $again (1 .. 3) {
            Mojo::IOLoop->timer(0.004 + rand(0.03) => sub {
                $server->kill_workers;
                $kills++;
            }) if $again == 1;

            my @answers = $crm->concurrently(@row);

            @row = map { ($answers[$_]->status // 0) < 200
                         || $answers[$_]->status >= 500 ? $row[$_] : () }
                   0 .. $#row;

            last if !@row;
            sleep 0.3;
        }
    }

    cmp_ok($kills, '>', 0, "workers killed $kills times");
}


sub contacts { return $crm->get('/contacts?limit=1000')->json->{data} }


sub check_groups {
    my ($what) = @_;

    my @wrong;
    my %n;

    for my $ids (@group) {
        my @status = map { $crm->get("/leads/$_")->status } @$ids;
        my $said   = grep { $_->{kind} eq 'note' }
                     @{ $crm->get("/leads/$ids->[0]/messages")->json->{data} };
        my $acts   = @{ ids($crm->get("/leads/$ids->[0]/activities")) };

        if ("@status" eq '200 200 200' && $said == 1 && $acts == 1) {
            $n{before}++;

        } elsif ("@status" eq '200 301 301' && $said == 3 && $acts == 3) {
            $n{after}++;

        } else {
            push @wrong, "@$ids: @status, $said notes, $acts activities";
        }
    }

    is_deeply(\@wrong, [], "$what: before or after");
    note(join ' ', %n);
}


sub check_converted {
    my (%people, %companies, @wrong);

    for my $c (@{ contacts() }) {
        ($c->{kind} eq 'company' ? \%companies : \%people)->{ $c->{name} }++;
    }

    for my $id (@convert) {
        my $lead = $crm->get("/leads/$id")->json;

        push @wrong, $id
            if $lead->{type} eq 'lead' ? defined $lead->{contact_id}
                                       : !defined $lead->{contact_id};
        push @wrong, "$id without its person"
            if $lead->{type} eq 'opportunity'
               && ($people{ $lead->{contact_name} } // 0) != 1;
    }

    is_deeply(\@wrong, [], 'a lead, or an opportunity with its customer');
    is_deeply([ grep { $companies{$_} > 1 } sort keys %companies ], [],
              'no company twice');
    is_deeply([ grep { $people{$_} > 1 } sort keys %people ], [],
              'no person twice');
}


under_fire(
    (map { [ POST => '/leads/merge', { json => { ids => $_ } } ] } @group),
    (map { [ POST => "/leads/$_/convert",
             { json => { customer => { action => 'create' } } } ] } @convert),
);
check_groups('merge');
check_converted();
$crm->check_clean;

under_fire(
    (map { [ POST => "/leads/$_->[0]/unmerge", { json => {} } ] } @group),
    (map { [ POST => '/leads/bulk', { json => {
        action => 'convert', ids => [$_] } } ] } @convert),
);
check_groups('unmerge');
check_converted();
$crm->check_clean;

done_testing;
