use utf8;

# A changed rule over some thousand leads: what is answered meanwhile is what
# the old rule says or what the new one says, whatever happens to the workers.

use CRM::Test;
use Time::HiRes qw(sleep time);

my $server = CRM::Test->private(workers => 2);
my $crm    = CRM::Test->tenant(server => $server);
my $count  = 3000;

my @names = map { "First$_ Last" . $_ % 600 } 1 .. $count;

for my $part (0 .. $count / 1000 - 1) {
    $crm->post('/leads/batch', { operations => [
        map { { op => 'create', body => { name => 'x',
                                          contact_name => $_ } } }
        @names[1000 * $part .. 1000 * $part + 999]
    ] });
}

my $twin = $crm->post('/leads', { name => 'twin',
                                  contact_name => 'first7 LAST7' })
           ->json->{id};

# leads have the ids 1 to $count
my $old = join ',', 7, $twin;
my $new = join ',', (map { 7 + 600 * $_ } 0 .. 4), $twin;


sub found {
    my $res = $crm->post('/duplicates/check',
                         { contact_name => 'First7 Last7' });

    return join ',', sort { $a <=> $b }
                     map { $_->{lead}{id} } @{ $res->json->{data} // [] };
}


sub settled {
    return !grep({ /"building":"1"/ }
                 @{ $crm->redis('HVALS', '{}conf:duplicate_rule') })
           && !@{ $crm->redis('SMEMBERS', '{}d:gone') };
}


# answers until the job is done, with something to happen in between

sub watch {
    my ($disturb) = @_;

    my ($until, %seen) = (time + 60);

    while (time < $until && !settled()) {
        $seen{ eval { found() } // 'no answer' }++;
        $disturb->() if $disturb;
    }

    ok(settled(), 'complete in time');

    return \%seen;
}


my $rule = $crm->post('/duplicate-rules', { name => 'Person', pattern => '.+',
                                            field => 'contact_name' });
my $path = '/duplicate-rules/' . $rule->json->{id};

subtest 'a new rule' => sub {
    my $seen = watch();

    delete @$seen{'', $old};
    is_deeply($seen, {}, 'nothing, or all');
    is(found(), $old, 'in effect');
    $crm->check_clean;
};


subtest 'a changed one' => sub {
    $crm->status_ok($crm->patch($path, { pattern => '\w+$' }), 200);

    my $seen = watch();

    delete @$seen{$old, $new};
    is_deeply($seen, {}, 'the old rule, or the new one');
    is(found(), $new, 'in effect');
    $crm->check_clean;
};


subtest 'a key that all of them have' => sub {
    $crm->status_ok($crm->patch($path, { pattern => '^first' }), 200);
    watch();
    is(found(), '', 'too many to be listed');

    $crm->status_ok($crm->patch($path, { pattern => '\w+$' }), 200);
    watch();
    is(found(), $new, 'in effect');
    $crm->check_clean;
};


subtest 'leads change meanwhile' => sub {
    my $n = 0;

    $crm->status_ok($crm->patch($path, { pattern => '.+' }), 200);

    watch(sub {
        my $id = 1 + $n++ % $count;

        return if $id % 600 == 7;

        $n % 3 ? $crm->patch("/leads/$id", { contact_name => "Other $n" })
               : $crm->delete("/leads/$id");
        $crm->post('/leads', { name => 'y', contact_name => "New $n" });
    });

    is(found(), $old, 'in effect');
    $crm->check_clean;
};


subtest 'workers die meanwhile' => sub {
    $crm->status_ok($crm->patch($path, { pattern => '\w+$' }), 200);

    my $kills = 0;

    watch(sub {
        return if ++$kills > 5;
        $server->kill_workers;
        sleep 0.1;
    });

    is(found(), $new, 'in effect');
    $crm->check_clean;
};


$crm->check_clean;

done_testing;
